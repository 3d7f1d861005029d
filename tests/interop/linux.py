"""A real Linux host in a virtual machine: kernel Bluetooth, bluetoothd, bluetoothctl, btmon.

bluetoothctl reads commands from a pipe and writes to a log in the directory shared with this program.
`expect` looks only at what came after the last `expect`, so an old line never answers a new question.
"""

import configparser
import re
from dataclasses import dataclass

from process import TimeLimit, wait_until

MONITOR_CAPTURE = "linux.btsnoop"
CONTROL_LOG = "bluetoothctl.log"
PIPE = "/run/bluetoothctl"
LTK_SECTIONS = ("LongTermKey", "PeripheralLongTermKey", "SlaveLongTermKey")
QUIET = "/run/quiet"
ADDRESS = r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}"

# Colours, and readline's marks for what takes no space; a sequence still being written counts too.
_DECORATION = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]?|[\x01\x02]")


def plain(text):
    """Terminal output as lines: a carriage return, with which the prompt is redrawn, ends one too."""
    return _DECORATION.sub("", text).replace("\r", "\n")


class RefusedByLinux(Exception):
    """Linux reported a failure of what it was asked to do."""


@dataclass(frozen=True)
class Bond:
    """What /var/lib/bluetooth says of one peer.  The LTK stands there as the kernel keeps it, least
    significant octet first: as on the wire, reversed against what f5 gives."""

    adapter: str
    peer: str
    name: str
    ltk: bytes
    key_type: int
    key_size: int

    KEY_TYPES = ("legacy, unauthenticated", "legacy, authenticated", "Secure Connections, unauthenticated",
                 "Secure Connections, authenticated", "Secure Connections, debug key")

    @property
    def kind(self):
        return self.KEY_TYPES[self.key_type] if self.key_type < len(self.KEY_TYPES) else f"type {self.key_type}"


class Linux:
    def __init__(self, machine, say):
        self.machine = machine
        self.say = say
        self._seen = 0

    # The adapter.

    def attach_adapter(self, limit_s=20):
        """Makes the controller on the serial port the adapter hci0; btmon sees its first command."""
        self.machine.must(f"btmon -w /log/{MONITOR_CAPTURE} >/dev/null 2>/log/btmon.err &")
        self._wait_for_guest("ls -s /log | grep -q '[1-9].*btsnoop$'", 10, "btmon writes its capture")
        self.machine.must("btattach -B /dev/ttyS1 -P h4 >/log/btattach.log 2>&1 &")
        # The kernel shows hci0 in sysfs before its management interface knows it.
        wait_until(lambda: "hci0:" in self.management("info"), limit_s, "Linux has set up the adapter hci0")

    def power_on_unmanaged(self):
        """Powers the adapter on while no bluetoothd runs; bluetoothd takes it over as it is."""
        said = self.management("power on")
        if "complete" not in said:
            raise RefusedByLinux(said)

    def _wait_for_guest(self, test, limit_s, what):
        wait_until(lambda: self.machine.run(test)[0] == 0, limit_s, what)

    def management(self, command, limit_s=20):
        """One command of btmgmt, before bluetoothd has the adapter."""
        # Its input is a pipe on which nothing ever comes: at an end of file it would leave before the answer.
        self.machine.run(f"[ -e {QUIET} ] || mkfifo {QUIET}")
        output = self.machine.run(f"timeout {limit_s} btmgmt --index 0 {command} <>{QUIET} 2>&1", limit_s + 5)[1]
        output = plain(output).strip()
        self.say(f"btmgmt {command}: {output}")
        return output

    def request_without_pairing(self, address, address_type, pdu):
        """One ATT request on a link of its own, before bluetoothd runs; the response, when that link is gone."""
        response = self.machine.must(f"guest_att {address} {address_type} {pdu.hex()} 2>&1", 40).strip()
        self.say(f"ATT {pdu.hex()} -> {response}")
        self._wait_for_guest("! ls /sys/class/bluetooth | grep -q hci0:", 15, "the link for one request is gone")
        return bytes.fromhex(response)

    # bluetoothd and bluetoothctl.

    def start_bluetooth(self, agent):
        """bluetoothd, and bluetoothctl with an agent of these IO capabilities."""
        self.machine.must("bluetoothd -n -d >/log/bluetoothd.log 2>&1 &")
        self.machine.must(f"mkfifo {PIPE}")
        self.machine.must(f"bluetoothctl --agent {agent} <>{PIPE} >/log/{CONTROL_LOG} 2>&1 &")
        self.expect(r"Agent registered", 20)

    def control_text(self):
        path = self.machine.shared / CONTROL_LOG
        text = path.read_text(errors="replace") if path.exists() else ""
        return plain(text)

    def control(self, *commands):
        """Types into bluetoothctl."""
        for command in commands:
            self.say(f"bluetoothctl> {command}")
            self.machine.must(f"echo '{command}' >{PIPE}")

    def expect(self, pattern, limit_s, refusal=None):
        """The match of pattern in new output; `refusal`, should it come first, raises RefusedByLinux."""

        def look():
            text = self.control_text()
            found = re.search(f"(?m:{pattern})", text[self._seen :])
            refused = refusal and re.search(f"(?m:{refusal})", text[self._seen :])
            first = min((m for m in (found, refused) if m), key=lambda m: m.start(), default=None)
            if first is None:
                return None
            self._seen += first.end()
            self.say(f"bluetoothctl: {first.group(0).strip()}")
            if first is refused:
                raise RefusedByLinux(first.group(0).strip())
            return first

        try:
            return wait_until(look, limit_s, f"bluetoothctl says {pattern!r}")
        except TimeLimit as error:
            tail = self.control_text()[self._seen :].strip()[-200:]
            raise TimeLimit(f"{error}; last: {tail!r}") from None

    def power_on(self):
        self.control("power on")
        self.expect(r"Changing power on succeeded", 20, refusal=r"Failed to set power.*")

    def find(self, name, limit_s=20):
        """Scans until a device of this name is reported; returns its address."""
        self.control("scan le")
        self.expect(r"Discovery started", 10, refusal=r"Failed to start discovery.*")
        found = self.expect(rf"Device ({ADDRESS}) (?:Name: )?{re.escape(name)}$", limit_s)
        self.control("scan off")
        self.expect(r"Discovery stopped", 10, refusal=r"Failed to stop discovery.*")
        return found.group(1)

    def pair(self, address, limit_s=30):
        self.control(f"pair {address}")
        self.expect(r"Pairing successful", limit_s, refusal=r"Failed to pair.*|Device \S+ not available")

    def wait_for_services(self, address, limit_s=20):
        """Linux discovers services by itself once connected."""
        if "ServicesResolved: yes" not in self.control_text():
            self.expect(rf"Device {address} ServicesResolved: yes", limit_s)

    def read(self, uuid, limit_s=15):
        """The value of a characteristic: at most 16 octets, one row of bluetoothctl's dump."""
        self.control("menu gatt", f"select-attribute {uuid}", "read")
        self.expect(r"Attempting to read \S+$", limit_s, refusal=r"Unable to read attribute|No attribute selected")
        dump = self.expect(r"^ {2}((?:[0-9a-f]{2} )+) {2,}\S.*$", limit_s, refusal=r"Failed to read.*")
        self.control("back")
        return bytes.fromhex(dump.group(1))

    def disconnect(self, address):
        self.control(f"disconnect {address}")
        self.expect(r"Successful disconnected", 15, refusal=r"Failed to disconnect.*")

    def bond(self, address):
        """The stored bond with this peer."""
        output = self.machine.must(f"cd /var/lib/bluetooth && ls -d */{address}/info && cat */{address}/info; cd /")
        path, _, text = output.partition("\n")
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read_string(text)
        # LongTermKey where the peer was the central, the others where it was the peripheral (old and new name).
        keys = [parser[name] for name in LTK_SECTIONS if name in parser]
        if not keys or any(dict(key) != dict(keys[0]) for key in keys):
            raise RefusedByLinux(f"not one LTK in {path}: {parser.sections()}")
        key = keys[0]
        return Bond(adapter=path.split("/")[0], peer=address, name=parser["General"].get("Name", ""),
                    ltk=bytes.fromhex(key["Key"]), key_type=int(key["Authenticated"]), key_size=int(key["EncSize"]))

    # The end.

    def power_off(self):
        """Closes the adapter in order, keeps what the kernel logged and the bonds, and ends the machine."""
        self.control("power off")
        self.expect(r"Changing power off succeeded", 15, refusal=r"Failed to set power.*")
        self.machine.must("dmesg >/log/dmesg.log; cp -r /var/lib/bluetooth /log/bonds; sync")
        return self.machine.power_off()
