"""The checks that all cells are made of.  Each takes the context of its cell and returns what it found.

Parties in a context: linux, and ours (the process of `kith serve` or `kith pair` that runs, or ran last).
Facts found on the way: image, linux_address, peer (our address as Linux knows it),
bonded (what we said of the new bond), bond (what Linux stored), mistyped (a passkey was, on purpose).
"""

import captures
import image
import ours
import radios
from cell import Check, Mismatch, expect_equal
from linux import Linux
from vm import VirtualMachine, booted_state

COMMAND_TABLE = "commands.txt"
REQUEST_TABLE = "requests.txt"
STORE = "ours.kith"


# Beginning.


def build_image(context):
    kernel, initramfs, description = image.build(context.cache)
    context.found["image"] = (kernel, initramfs)
    return description


def resume_linux(context, name="linux"):
    """From where one machine was when it had just booted."""
    image_of_it = context.found["image"]
    state, told = booted_state(context.processes, image_of_it, context.cache, context.directory, context.sockets)
    shared = context.directory / name
    shared.mkdir()
    machine = VirtualMachine(name, context.processes, image_of_it, context.found["hci"], shared, context.sockets,
                             state)
    context.parties["linux"] = Linux(machine, context.say)
    return f"{told}; goes on {machine.begin()} s after its start"


def attach_adapter(context):
    context.found["linux_address"] = address = context.parties["linux"].attach_adapter()
    return f"hci0, {address}, is our controller"


def start_bluetooth(agent, private=False, legacy=False):
    """bluetoothd takes the adapter over; its user has these IO capabilities."""

    def check(context):
        linux = context.parties["linux"]
        if private:
            linux.be_private(context.found["linux_address"])
        linux.start_bluetooth(agent)
        linux.power_on()
        if legacy:
            linux.pair_legacy_only()
        return f"agent {agent}{', private addresses' if private else ''}{', legacy pairing alone' if legacy else ''}"

    return check


IMAGE = Check("the virtual machine's image is there", build_image, needed=True)


def begin(radio):
    return (Check("the virtual radio serves a socket", radio.start, needed=True),)


LINUX = (
    Check("Linux has booted", resume_linux, needed=True),
    Check("Linux takes our controller as its adapter", attach_adapter, needed=True),
)


# People and numbers.


def both_show_one_number(context):
    """Linux's user and ours are asked about the same six digits."""
    shown = context.parties["linux"].number_shown()
    number = ours.wait_for_event(context.parties["ours"], ours.COMPARISON, 10)["number"]
    expect_equal("our number, and Linux's", number, shown)
    return number


def both_say_yes(context):
    context.parties["ours"].answer("yes")
    context.parties["linux"].control("yes")


# Passkeys.  `typed` makes of what is shown what is typed.


def exactly(passkey):
    return passkey


def wrongly(passkey):
    return f"{int(passkey) ^ 1:06}"


def _type(context, passkey, typed, keyboard):
    keyboard(typed(passkey))
    if typed is wrongly:
        context.found["mistyped"] = True
    return f"{passkey} shown, {typed(passkey)} typed"


def shown_here(context, typed=exactly):
    """Linux's user types what we show."""
    party = context.parties["ours"]
    passkey = ours.wait_for_event(party, ours.PASSKEY_SHOWN, 30)["passkey"]
    return _type(context, passkey, typed, context.parties["linux"].type_passkey)


def shown_by_linux(context, typed=exactly):
    """Our user types what Linux shows."""
    party = context.parties["ours"]
    passkey = context.parties["linux"].passkey_shown()
    ours.wait_for_event(party, ours.PASSKEY_WANTED, 10)
    return _type(context, passkey, typed, party.answer)


def nobody_asked(_context, _typed=exactly):
    return "nobody is asked"


def asked_in_vain(context, _typed=exactly):
    """Linux asks its user before it hears what we say."""
    linux = context.parties["linux"]
    linux.expect_consent_wanted()
    linux.expect_question_withdrawn()
    return "Linux's user was asked, and the question withdrawn"


# Bonds.


def same_key(context):
    """Of Secure Connections one; of legacy pairing one for each direction, with EDIV and Rand."""
    bonded = context.found["bonded"] = ours.wait_for_event(context.parties["ours"], ours.BONDED, 10)
    bond = context.found["bond"] = context.parties["linux"].bond(context.found["peer"])
    for stored, whose in ((bond.own, ""), (bond.peers, "my_")):
        if (stored and stored.told) != ours.key_told(bonded, whose):
            raise Mismatch(f"Linux's LTK is not our {whose}ltk")  # the keys stand in the logs, not on the screen
    if bond.peers:
        return "two of 16 octets, their EDIVs and Rands: equal"
    return f"{len(bond.own.ltk)} octets, equal"


def key_is(kind, size):
    """Both keep keys of this kind (one of Key.KINDS) and size."""

    def check(context):
        bond, bonded = context.found["bond"], context.found["bonded"]
        for key in bond.keys:
            expect_equal("Linux's key type", key.kind, kind)
            expect_equal("Linux's key size", key.size, size)
        expect_equal("our level", bonded["level"], ours.LEVEL_OF_KEY[kind])
        expect_equal("our key size", bonded["key_size"], size)
        return f"Linux: {kind}, {size} octets; our level {bonded['level']}"

    return check


def expect_no_bond(context):
    """On neither side."""
    expect_equal("our bonds", ours.bonds(context.kith, context.directory / STORE), [])
    expect_equal("Linux's keys", context.parties["linux"].bond(context.found["peer"]).keys, [])


def both_forget(context):
    """Our command has left: a store has one user."""
    ours.forget(context.kith, context.directory / STORE, context.found["linux_address"])
    context.parties["linux"].forget(context.found["peer"])
    expect_no_bond(context)
    return "no bond on either side"


def expect_stored(context, store, address, bonded):
    """`kith bonds` shows the bond with this peer as it was told when it was made."""
    stored = ours.bond_of(context.kith, context.directory / store, address)
    for what in ("peer", "level", "key_size", "method", "secure_connections"):
        expect_equal(what, stored[what], bonded[what])
    return stored


def bond_is_stored(context):
    stored = expect_stored(context, STORE, context.found["linux_address"], context.found["bonded"])
    return f"peer {stored['peer']}, {stored['method']}, level {stored['level']}, {stored['key_size']} octets"


def captures_of_linux(context):
    """Those of machines that were before it, too."""
    before = context.found.get("captures", [])
    return [*before, *(one for one in context.parties["linux"].captures if one not in before)]


def paired(times):
    """Over all links and boots: bonds did the rest."""

    def check(context):
        found = captures_of_linux(context)
        expect_equal("Pairing Requests", sum(captures.pairings(capture) for capture in found), times)
        encrypted = sum(captures.encryptions(capture) for capture in found)
        return f"Pairing Requests: {times}; links encrypted: {encrypted}"

    return check


def pairing_failed(*reasons):
    """What Pairing Failed said, over all links."""

    def check(context):
        found = [reason for capture in captures_of_linux(context) for reason in captures.pairing_failures(capture)]
        expect_equal("reasons of Pairing Failed", found, list(reasons))
        return ", ".join(f"0x{reason:02x}" for reason in found)

    return check


# Ending.


def power_off(context):
    expect_equal("status of QEMU", context.parties["linux"].power_off(), 0)
    return "Linux powered off"


def kernel_content(context):
    """Linux's kernel found nothing odd in its controller: its complaints name the adapter.  Raw data of guest_att is not
    counted when it is sent, but when it is completed; of that it complains where there was such data.  So it does of the
    confirm values of legacy pairing where a passkey was mistyped."""
    log = (context.parties["linux"].machine.shared / "dmesg.log").read_text(errors="replace")
    complaints = [line for line in log.splitlines() if "Bluetooth: hci0" in line]
    if "on_purpose" in context.found:
        complaints = [line for line in complaints if "sent 0 < count 1" not in line]
    if "mistyped" in context.found:
        complaints = [line for line in complaints if "confirmation values mismatch" not in line]
    if complaints:
        raise Mismatch("; ".join(complaints))
    return "nothing about hci0 in its log"


def commands_known(context):
    """Linux sends what Supported Commands, features and version promise."""
    unknown = [a.command for a in captures.commands(captures_of_linux(context))
               if a.status == captures.UNKNOWN_COMMAND]
    if unknown:
        raise Mismatch(f"Unknown HCI Command: {', '.join(unknown)}")
    return "none is unknown"


def list_commands(context):
    answers = captures.commands(captures_of_linux(context))
    (context.directory / COMMAND_TABLE).write_text(captures.table(answers))
    if not answers:
        raise Mismatch("no command in the capture")
    silent = [a.command for a in answers if a.status is None]
    if silent:
        raise Mismatch(f"no answer to: {', '.join(silent)}")
    unknown = [a.command for a in answers if a.status == captures.UNKNOWN_COMMAND]
    refused = [f"{a.command}: {a.told}" for a in answers if a.status not in (0, captures.UNKNOWN_COMMAND)]
    return (
        f"{sum(a.times for a in answers)} of {len({a.opcode for a in answers})} kinds ({COMMAND_TABLE}); "
        f"Unknown HCI Command: {', '.join(unknown) or 'none'}; other errors: {', '.join(refused) or 'none'}"
    )


def list_requests(context):
    found = captures.exchanges(captures_of_linux(context))
    (context.directory / REQUEST_TABLE).write_text("".join(f"{one.times:4} x  {one}\n" for one in found))
    if not found and "asks_nothing" not in context.found:
        raise Mismatch("no request in the capture")
    wrong = [str(one) for one in found if not one.right]
    if wrong:
        raise Mismatch("; ".join(wrong))
    return f"{sum(one.times for one in found)} of {len({one.request for one in found})} kinds ({REQUEST_TABLE})"


def dissect(radio):
    """Linux's own captures, ours of each client, and the air in plain where there is one."""

    def check(context):
        linux = captures_of_linux(context) if "linux" in context.parties else []
        everything = (*linux, *radios.captures_of(context, radio))
        captures.read_together(everything)
        counted = []
        for capture in everything:
            packets, bad = captures.malformed(capture, context.found.get("on_purpose"))
            if bad:
                raise Mismatch(f"{capture.name}: {len(bad)} malformed, first: {bad[0].strip()}")
            counted.append(f"{capture.name} {packets}")
        if not counted:
            raise Mismatch("nothing was captured")
        but_for = ", but for what is known" if "on_purpose" in context.found else ""
        return f"0 malformed{but_for}; frames: {', '.join(counted)}"

    return check


LINUX_END = (
    Check("Linux's commands, with our answers", list_commands, always=True),
    Check("Linux's requests over the links, with our answers", list_requests, always=True),
)


def end(radio):
    return (
        Check("the radio leaves in order", radios.stop),
        Check("a dissector finds no malformed packet", dissect(radio), always=True),
    )


# Of our controller alone: btvirt promises more than it has.
CONTROLLER_END = (
    Check("our controller knows every command that Linux sends", commands_known, always=True),
    Check("Linux's kernel does not complain of our controller", kernel_content, always=True),
)


def linux_end(radio):
    leaves, dissected = end(radio)
    controller = () if radio is radios.BLUEZ_CONTROLLER else CONTROLLER_END
    return (Check("Linux powers off", power_off), leaves, *LINUX_END, *controller, dissected)
