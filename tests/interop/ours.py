"""Our own commands, their options and what they print: all in this one place."""

import json
from dataclasses import dataclass

from cell import Mismatch, output_of
from process import Died, wait_until

NAME = "lamp"
SERIAL_LINE = "serial"  # beside the socket
AIR_CAPTURE = "air.pcap"
DECRYPTED_CAPTURE = "air-decrypted.pcap"
CLIENT_CAPTURES = "radio-*.btsnoop"  # one for each client, numbered as they came

# What Linux says of a key, and our level.  They agree but for a legacy passkey: Linux 6.1 calls its key authenticated,
# and we do not since Core 6.2 does not: whoever listens finds the passkey and with it the keys.
LEVEL_OF_KEY = {"Secure Connections, unauthenticated": 2, "Secure Connections, authenticated": 4,
                "legacy, unauthenticated": 2, "legacy, authenticated": 2}


def controller_command(kith, socket, directory, core=None):
    """Serves controllers of one room: each client of the socket gets its own, and who opens the serial line too.
    `core`: as old as this Core version; None: as `kith controller` makes them by itself."""
    age = [f"--core={core}"] if core else []
    return [kith, "controller", *age, "--unix", socket, f"--pty={socket.parent / SERIAL_LINE}",
            "--pcap", directory / AIR_CAPTURE, "--pcap-decrypted", directory / DECRYPTED_CAPTURE,
            "--btsnoop", directory / "radio"]


def client_captures(directory):
    """In the order in which the clients came."""
    return sorted(directory.glob(CLIENT_CAPTURES), key=lambda path: int(path.stem.rpartition("-")[2]))


def _common(socket, store, io, level, legacy):
    options = ["--hci", f"unix:{socket}", "--store", store, "--io", io, "--level", level, "--json", "--show-keys"]
    return [*options, "--legacy"] if legacy else options


def private(command, cycle_s):
    """... under resolvable private addresses, each for so long at most and half of that at least."""
    return [*command, f"--private-cycle={cycle_s}"]


def peripheral_command(kith, socket, store="none", io="none", level="encrypted", legacy=False):
    """The lamp: pairing window open, one characteristic that only an encrypted link may read."""
    return [kith, "serve", "--name", NAME, *_common(socket, store, io, level, legacy)]


def table_command(kith, socket, table, store="none", *more):
    """Serves an attribute table (docs/serve-json.md); lines `set NAME VALUE` change its values."""
    return [kith, "serve", table, *more, *_common(socket, store, "none", "encrypted", False)]


def errand_command(kith, socket, errand, peer, store, options, *what):
    """`errand`: read, write, subscribe or info; with the bond if there is one, and never pairing."""
    return [kith, errand, "--hci", f"unix:{socket}", "--store", store, "--io", "none", "--no-pair", "--json", *options,
            peer, *what]


def central_command(kith, socket, peer, characteristic, store, io, level, again=False, legacy=False):
    """Finds the peer, secures the link by its bond or by pairing, reads the characteristic, leaves."""
    anew = ["--again"] if again else []
    return [kith, "pair", *anew, *_common(socket, store, io, level, legacy), "--read", characteristic, peer]


# What they print, one JSON object a line, each with its "event":
#   ready              address, address_type (public or random); the peripheral: also characteristic (UUID), value (hex)
#   comparison-wanted  number (six digits); answered by a line on stdin
#   passkey-shown      passkey (six digits), to be typed on the peer
#   passkey-wanted     the peer's; answered by a line on stdin
#   connected          claimed_peer, if the address names a bond
#   paired, encrypted  by a new key, by the bond's; level, key_size
#   bonded             peer, level, key_size, ltk (hex, most significant octet first, as octet_order says); legacy: ltk
#                      is the one that the peer gave, with ediv and rand, and my_ltk, my_ediv, my_rand are ours
#   encryption-failed  why
#   pairing-failed     why, smp_reason (the name of what Pairing Failed said, whoever sent it)
#   seen-as            address: the private one from now on (looked at twice a second)
#   disconnected       hci_status (Vol 1 Part F), hci_status_name
#   value              value (hex); of `kith info` also handle
#   listening          `kith subscribe` has asked for all
# A table:
#   value-written      name, value (hex)
#   value-set          name, value, told (how many clients)
#   subscribed         name, notifications, indications, restored (from the bond)
READY, ADVERTISING, COMPARISON, CONNECTED = "ready", "advertising", "comparison-wanted", "connected"
DISCONNECTED, PAIRED, BONDED = "disconnected", "paired", "bonded"
ENCRYPTED, VALUE = "encrypted", "value"
LISTENING, WRITTEN, SET, SUBSCRIBED = "listening", "value-written", "value-set", "subscribed"
SEEN_AS = "seen-as"
PASSKEY_SHOWN, PASSKEY_WANTED = "passkey-shown", "passkey-wanted"
NOT_PAIRED, SC_REQUIRED, CONFIRM_MISMATCH, PEER_FAILED = ("pairing-failed", "sc-required", "confirm-mismatch",
                                                          "peer-failed")
CONNECTION_TIMEOUT = 0x08
PAIRING_FAILED = "pairing-failed"
NOT_ENCRYPTED, PEER_SAYS_NO_KEY, KEYS_DIFFER = "encryption-failed", "peer-says-no-key", "keys-differ"


def events(process, name):
    """All of this name that the process printed."""
    return [e for e in process.json_lines() if e.get("event") == name]


def wait_for_event(process, name, limit_s, number=1):
    """The first event of this name (or the one of this number) that the process printed, or prints in time."""

    def look():
        lives = process.status() is None
        found = events(process, name)
        if len(found) < number and not lives:
            process.check_alive()
        return found[number - 1] if len(found) >= number else None

    return wait_until(look, limit_s, f"{process.name} prints the event {name}, number {number}")


def address_of(process):
    """Its own."""
    return events(process, READY)[-1]["address"]


def seen_as(process):
    """The private addresses of `kith serve`, the one of now last."""
    return [event["address"] for event in events(process, SEEN_AS)]


def came_as(process):
    """(address, number of the bond that it names or None) of the last connection."""
    connected = events(process, CONNECTED)[-1]
    if connected["peer_address_type"] != "random":
        raise Mismatch(f"{connected['peer_address']} is {connected['peer_address_type']}")
    return connected["peer_address"], connected.get("claimed_peer")


def bond_of(kith, store, address):
    """What `kith bonds` says of this peer."""
    return json.loads(output_of([kith, "bonds", "show", address, "--store", store, "--json"]))


def bonds(kith, store):
    """All that `kith bonds` lists."""
    return [json.loads(line) for line in output_of([kith, "bonds", "list", "--store", store, "--json"]).splitlines()]


def forget(kith, store, address):
    output_of([kith, "bonds", "forget", address, "--store", store])


def export_bond(kith, store, address, path):
    """As BlueZ keeps it.  Returns what was told in the end."""
    told = output_of([kith, "bonds", "export", address, "--format", "bluez", "-o", path, "--store", store, "--json"])
    return json.loads(told.splitlines()[-1])


@dataclass(frozen=True)
class Identity:
    """An address and the key by which its private addresses are known, in hex, most significant octet first."""

    address: str
    irk: str

    @classmethod
    def read(cls, told, address):
        return cls(told[address].split()[0], told["irk"])


def identities(kith, store, path):
    """(our own, that of the one peer that we have a bond with): `kith bonds export` writes them there."""
    output_of([kith, "bonds", "export", "--format", "json", "-o", path, "--store", store])
    told = json.loads(path.read_text())
    (bond,) = told["bonds"]
    return Identity.read(told["identity"], "address"), Identity.read(bond, "identity")


def import_bond(kith, store, path):
    """What BlueZ keeps, from where it keeps it.  Returns what was told."""
    return output_of([kith, "bonds", "import", path, "--store", store])


def wait_for_socket(process, path, limit_s=10):
    def look():
        process.check_alive()
        return path.is_socket()

    return wait_until(look, limit_s, f"{process.name} serves {path.name}")


def key_told(bonded, whose=""):
    """(LTK in wire order, EDIV, Rand) of the peer's, which is all there is of Secure Connections, or of "my_" key."""
    if f"{whose}ltk" not in bonded:
        return None
    named = (int(bonded.get(f"{whose}{name}", "0"), 16) for name in ("ediv", "rand"))
    return bytes.fromhex(bonded[f"{whose}ltk"])[::-1], *named


def must_succeed(process, limit_s):
    """Waits for the end of a command that ends by itself."""
    status = process.wait(limit_s)
    if status != 0:
        raise Mismatch(f"{process.name} left with status {status}: {process.last_words()}")


def stop_cleanly(process):
    """Ends it by SIGTERM; it has to leave with status 0."""
    process.check_alive()
    status = process.stop()
    if status != 0:
        raise Died(f"{process.name} left with status {status}")
