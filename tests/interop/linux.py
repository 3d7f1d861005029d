"""A real Linux host in a virtual machine: kernel Bluetooth, bluetoothd, bluetoothctl, btmon.

bluetoothctl reads commands from a pipe and writes to a log in the directory shared with this program.
`expect` looks only at what came after the last `expect`, so an old line never answers a new question.
"""

import configparser
import re
from dataclasses import dataclass

from process import TimeLimit, wait_until

PIPE = "/run/bluetoothctl"
BONDS = "/var/lib/bluetooth"
CONFIGURATION = "/etc/bluetooth/main.conf"
KEPT_BONDS = "/log/bonds"
PEERS_KEY, OWN_KEY, OWN_KEY_BEFORE = "LongTermKey", "PeripheralLongTermKey", "SlaveLongTermKey"
BUS = "unix:path=/run/dbus/system_bus_socket"
QUIET = "/run/quiet"
SETTINGS = "/sys/kernel/debug/bluetooth/hci0"
# In bluetoothd's log.  When a link has ended: the kernel's word (Device Disconnected), and the end of its ATT channel.
REGISTERED = "register_agent() agent"
DISCOVERED = "discover_primary_cb() Primary services found"
LET_GO = ("can_read_data() [0x0000] event 0x000c\n", "att_disconnected_cb() \n")
ADDRESS = r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}"

# Colours, and readline's marks for what takes no space; a sequence still being written counts too.
_DECORATION = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]?|[\x01\x02]")


def plain(text):
    """Terminal output as lines: a carriage return, with which the prompt is redrawn, ends one too."""
    return _DECORATION.sub("", text).replace("\r", "\n")


def _octets(value):
    """As bluetoothctl takes them."""
    return " ".join(f"0x{octet:02x}" for octet in value)


class RefusedByLinux(Exception):
    """Linux reported a failure of what it was asked to do."""


@dataclass(frozen=True)
class Key:
    """A long term key as /var/lib/bluetooth has it: as the kernel keeps it, least significant octet first: as on the
    wire, reversed against what f5 gives."""

    ltk: bytes
    ediv: int
    rand: int
    number: int
    size: int

    KINDS = ("legacy, unauthenticated", "legacy, authenticated", "Secure Connections, unauthenticated",
             "Secure Connections, authenticated", "Secure Connections, debug key")

    @property
    def kind(self):
        return self.KINDS[self.number] if self.number < len(self.KINDS) else f"type {self.number}"

    @property
    def told(self):
        """As ours.key_told()."""
        return self.ltk, self.ediv, self.rand


@dataclass(frozen=True)
class Bond:
    """What /var/lib/bluetooth says of one peer.  Of Secure Connections there is one key, as if it were Linux's own."""

    own: Key | None  # used where Linux is the peripheral
    peers: Key | None  # used where Linux is the central

    @property
    def keys(self):
        return [key for key in (self.own, self.peers) if key]


class Linux:
    def __init__(self, machine, say):
        self.machine = machine
        self.say = say
        self.captures = []  # btmon's, one for each boot
        self._sessions = 0  # of bluetoothd and bluetoothctl
        self._seen = 0

    # The adapter.

    def attach_adapter(self, limit_s=20):
        """Makes the controller on the serial port the adapter hci0, from whose first command on btmon listens.
        Returns its address."""
        capture = f"linux-{len(self.captures) + 1}.btsnoop"
        self.machine.must(f"btmon -w /log/{capture} >/dev/null 2>/log/btmon.err &")
        self._wait_for_guest(f"[ -s /log/{capture} ]", 10, "btmon writes its capture")
        self.captures.append(self.machine.shared / capture)
        self.machine.must("btattach -B /dev/ttyS1 -P h4 >/log/btattach.log 2>&1 &")
        # The kernel shows hci0 in sysfs before its management interface knows it.
        info = wait_until(lambda: re.search(rf"hci0:[^$]*?addr ({ADDRESS})", self.management("info")), limit_s,
                          "Linux has set up the adapter hci0")
        return info.group(1)

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

    def ask(self, address, address_type, security, steps):
        """Steps of guest_att, all over one link; what it prints of each.  With security "none" that link is there and
        stays; else it is its own, and gone when this returns."""
        self.machine.must("echo Y >/sys/module/bluetooth/parameters/enable_ecred")
        command = f"guest_att {address} {address_type} {security} {' '.join(steps)} 2>&1"
        said = self.machine.must(command, 40).splitlines()
        for step, answer in zip(steps, said, strict=True):
            self.say(f"{step} -> {answer}")
        if security != "none":
            self._wait_for_guest("! ls /sys/class/bluetooth | grep -q hci0:", 15, "that link is gone")
        return said

    # bluetoothd and bluetoothctl.

    def be_private(self, adapter):
        """From its next start on bluetoothd gives the kernel an identity resolving key; the adapter must be down then.
        It draws that key once, but can't store it where it has never been: so its directory is made here."""
        self.machine.must(f"mkdir -p {BONDS}/{adapter}")
        self._configure("Privacy=device")

    def _configure(self, setting):
        """From its next start on, and besides what was told before."""
        self.machine.must(f"[ -s {CONFIGURATION} ] || echo '[General]' >{CONFIGURATION}")
        self.machine.must(f"echo {setting} >>{CONFIGURATION}")

    def rotate_every(self, seconds):
        """How long its kernel keeps a private address; 30 is the least that it takes."""
        self.machine.must(f"echo {seconds} >{SETTINGS}/rpa_timeout")

    def identity_key(self, adapter):
        """The identity resolving key of its own that bluetoothd has drawn, least significant octet first."""
        text = self.machine.must(f"cat {BONDS}/{adapter}/identity")
        return bytes.fromhex(re.search(r"IdentityResolvingKey=(?:0x)?([0-9A-Fa-f]{32})", text).group(1))

    def peers_identity_key(self, address):
        """... and that which this peer gave."""
        return bytes.fromhex(self._stored(address)["IdentityResolvingKey"]["Key"])

    def resolved(self, address):
        """The private address under which its kernel has seen this peer last, as its identity resolving key says."""
        known = self.machine.must(f"cat {SETTINGS}/identity_resolving_keys")
        self.say(f"identity_resolving_keys: {known.strip()}")
        found = re.search(rf"(?im)^{address} .* ({ADDRESS})\s*$", known)
        if not found:
            raise RefusedByLinux(f"{address} is not among those that it resolves")
        return found.group(1).upper()

    def start_bluetooth(self, agent):
        """bluetoothd, and bluetoothctl with an agent of these IO capabilities; each session has its own logs."""
        self._sessions += 1
        self._seen = 0
        self.machine.must(f"bluetoothd -n -d >/log/bluetoothd-{self._sessions}.log 2>&1 & daemon=$!")
        self.machine.must(f"[ -e {PIPE} ] || mkfifo {PIPE}")
        log = self._control_log().name
        self.machine.must(f"bluetoothctl --agent {agent} <>{PIPE} >/log/{log} 2>&1 & control=$!")
        # Whether bluetoothctl says so is a matter of luck: what it prints before it has its prompt is lost.
        self._wait_for_daemon(f"{REGISTERED} ")
        self.expect(r"\[bluetooth\]#", 20)

    def stop_bluetooth(self):
        """Both leave in order; the bonds stay on the disk."""
        for program in ("control", "daemon"):
            self.machine.must(f"kill ${program}")
            self._wait_for_guest(f"! kill -0 ${program} 2>/dev/null", 10, f"end of bluetooth's {program}")

    def _control_log(self):
        return self.machine.shared / f"bluetoothctl-{self._sessions}.log"

    def _daemon_text(self):
        path = self.machine.shared / f"bluetoothd-{self._sessions}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _wait_for_daemon(self, sign, number=1):
        wait_until(lambda: self._daemon_text().count(sign) >= number, 15,
                   f"bluetoothd logs {sign.strip()!r}, number {number}")

    def wait_for_discovery(self):
        """bluetoothd has found services on its first link of this session."""
        self._wait_for_daemon(DISCOVERED)

    def control_text(self):
        path = self._control_log()
        text = path.read_text(errors="replace") if path.exists() else ""
        return plain(text)

    def reported(self, address, name):
        """The last value that was reported of a property of this device in this session; None: it never changed."""
        values = re.findall(rf"(?m)Device {address} {name}: (\S+)$", self.control_text())
        return values[-1] if values else None

    def wait_for_property(self, address, name, value, limit_s=20):
        wait_until(lambda: self.reported(address, name) == value, limit_s, f"bluetoothctl reports {name}: {value}")

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

    def use_agent(self, agent):
        """Its user has other IO capabilities from now on."""
        self.control("agent off")
        self.expect(r"Agent unregistered", 10)
        self.control(f"agent {agent}")
        self.expect(r"Agent registered", 10)
        self.control("default-agent")
        self.expect(r"Default agent request successful", 10)

    def pair_legacy_only(self):
        """Until bluetoothd starts again, which turns Secure Connections on."""
        said = self.management("sc off")
        if "secure-conn" in said or "settings" not in said:
            raise RefusedByLinux(said)

    def power_on(self):
        """bluetoothctl forgets what is typed before it knows of the adapter, and need not say so: then it is typed again."""

        def ask():
            self.control("power on")
            try:
                return self.expect(r"Changing power on succeeded", 5, refusal=r"Failed to set power.*")
            except TimeLimit:
                return None

        wait_until(ask, 20, "bluetoothd powers the adapter on")

    def _scan(self, name, limit_s):
        """None: it was not reported in time."""
        self.control("scan le")
        self.expect(r"Discovery started", 10, refusal=r"Failed to start discovery.*")
        try:
            found = self.expect(rf"Device ({ADDRESS}) (?:Name: )?{re.escape(name)}$", limit_s)
        except TimeLimit:
            found = None
        self.control("scan off")
        self.expect(r"Discovery stopped", 10, refusal=r"Failed to stop discovery.*")
        return found

    def find(self, name, limit_s=8):
        """Scans until a device of this name is reported; returns its address.  btvirt reports an advertiser when either side
        begins, once; whoever missed that scans anew."""
        for _ in range(8):
            found = self._scan(name, limit_s)
            if found:
                return found.group(1)
        raise TimeLimit(f"{name} was not reported in eight scans of {limit_s} s")

    def begin_to_pair(self, address):
        self.control(f"pair {address}")

    def expect_paired(self, limit_s=30):
        self.expect(r"Pairing successful", limit_s, refusal=r"Failed to pair.*|Device \S+ not available")

    def _expect_question(self, heading, prompt, limit_s):
        """A prompt is written anew whenever something else is printed, even once its question is over: a heading tells
        that this one is new."""
        return self.expect(rf"{heading}(?s:.*?){prompt}", limit_s, refusal=r"Failed to pair.*")

    def number_shown(self, limit_s=30):
        """The six digits that its user is asked about."""
        return self._expect_question(r"Request confirmation", r"Confirm passkey (\d+) \(yes/no\):", limit_s).group(1)

    def expect_not_paired(self, limit_s=30):
        """Its answer to `pair`, which must be a failure."""
        return self.expect(r"Failed to pair: (\S+)", limit_s, refusal=r"Pairing successful").group(1)

    def failed_bondings(self):
        """The statuses that bluetoothd logged in this session; as peripheral it tells nobody else.  A failed pairing
        has one for its failure, and one for the end of its link."""
        return re.findall(r"device_bonding_complete\(\) bonding \S+ status 0x(?!00)(\w\w)", self._daemon_text())

    def expect_bonding_failed(self, before, limit_s=15):
        """The status of the first after so many."""
        return wait_until(lambda: self.failed_bondings()[before:], limit_s, "bluetoothd logs a failed bonding")[0]

    def passkey_shown(self, limit_s=30):
        return self.expect(r"Passkey: (\d{6})", limit_s, refusal=r"Failed to pair.*").group(1)

    def type_passkey(self, passkey, limit_s=30):
        self._expect_question(r"Request passkey", r"Enter passkey \(number in 0-999999\):", limit_s)
        self.control(passkey)

    def expect_consent_wanted(self, limit_s=30):
        """Its user is asked whether somebody may pair at all; there is nothing to compare."""
        self._expect_question(r"Request authorization", r"Accept pairing \(yes/no\):", limit_s)

    def expect_question_withdrawn(self, limit_s=15):
        self.expect(r"Request canceled", limit_s)

    def connect(self, address, limit_s=30):
        """bluetoothd may be busy with the end of the link before: then it is asked again."""

        def ask():
            self.control(f"connect {address}")
            try:
                return self.expect(
                    r"Connection successful", limit_s, refusal=r"Failed to connect.*|Device \S+ not available"
                )
            except RefusedByLinux as refused:
                if not re.search("in ?progress", str(refused), re.IGNORECASE):
                    raise
                return None

        wait_until(ask, limit_s, f"bluetoothd connects to {address}")

    def _select(self, attribute):
        self.control("menu gatt", f"select-attribute {attribute}")

    def read(self, uuid, length=1, limit_s=15):
        """The value of a characteristic, which has at least so many octets."""
        self._select(uuid)
        self.control("read")
        self.expect(r"Attempting to read \S+$", limit_s, refusal=r"Unable to read attribute|No attribute selected")
        value = self._dumped(length, limit_s, refusal=r"Failed to read.*")
        self.control("back")
        return value

    def _dumped(self, length, limit_s, refusal=None):
        """bluetoothctl dumps octets in rows of 16, with what they are as text behind."""
        value = b""
        while len(value) < length:
            row = self.expect(r"^ {2}(?=\S)([0-9a-f ]{48}) .{1,16}$", limit_s, refusal)
            value += bytes.fromhex(row.group(1))
        return value

    def write(self, uuid, value, kind="request"):
        """`kind`: request (prepared where it is longer than one holds), reliable (prepared at any length), command."""
        self._select(uuid)
        self.control(f'write "{_octets(value)}" 0 {kind}')
        self.expect(r"Attempting to write \S+$", 15, refusal=r"Unable to write attribute|No attribute selected")
        self.control("back")

    def subscribe(self, uuid):
        self._select(uuid)
        self.control("notify on")
        self.expect("Notify started", 15, refusal=r"Failed to \w+ notify.*|Unable to .*")
        self.control("back")

    def expect_told(self, value, limit_s=15):
        """A notification or an indication of a value; at most 16 octets."""
        self.expect(rf"^ {{2}}{value.hex(' ')} ", limit_s)

    def att_pdus(self, opcode):
        """How many of this opcode bluetoothd has received in this session."""
        return self._daemon_text().count(f"ATT PDU received: 0x{opcode:02x}")

    def expect_att_pdu(self, opcode, number):
        self._wait_for_daemon(f"ATT PDU received: 0x{opcode:02x}", number)

    def expect_characteristic(self, uuid, limit_s=20):
        """It has found one that it did not know."""
        self.expect(rf"\[NEW\] Characteristic \(Handle \S+\)\n\s+\S+\n\s+{uuid}", limit_s)

    def disconnect(self, address):
        """bluetoothd says that it is done before it is.  A connect that comes before its log shows that it has let go
        is refused with EIO, or cancelled by what is still to happen."""
        before = [self._daemon_text().count(sign) for sign in LET_GO]
        self.control(f"disconnect {address}")
        self.expect(r"Successful disconnected", 15, refusal=r"Failed to disconnect.*")
        for sign, times in zip(LET_GO, before):
            self._wait_for_daemon(sign, times + 1)

    def forget(self, address):
        self.control(f"remove {address}")
        self.expect(r"Device has been removed", 15, refusal=r"Failed to remove.*|Device \S+ not available")

    def info(self, address):
        """What is stored of this peer, as it stands there; empty if there is nothing."""
        return self.machine.must(f"cat {BONDS}/*/{address}/info 2>/dev/null; true").replace("\r", "")

    def be_given(self, adapter, address, path):
        """A file of somebody else's becomes what is stored of this peer; bluetoothd does not run meanwhile, and knows of
        no other."""
        shared = self.machine.shared / "given"
        shared.write_bytes(path.read_bytes())
        folder = f"{BONDS}/{adapter}/{address}"
        self.machine.must(f"rm -rf {BONDS}/*; mkdir -p {folder} && cp /log/given {folder}/info")

    def _stored(self, address):
        """What info() tells, by its sections."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read_string(self.info(address))
        return parser

    def bond(self, address):
        """The stored bond with this peer; without keys if there is none."""
        parser = self._stored(address)
        if OWN_KEY in parser and dict(parser[OWN_KEY]) != dict(parser[OWN_KEY_BEFORE]):
            raise RefusedByLinux(f"{OWN_KEY} and {OWN_KEY_BEFORE}, its former name, differ")

        def key(name):
            if name not in parser:
                return None
            said = parser[name]
            return Key(bytes.fromhex(said["Key"]), int(said["EDiv"]), int(said["Rand"]), int(said["Authenticated"]),
                       int(said["EncSize"]))

        return Bond(own=key(OWN_KEY), peers=key(PEERS_KEY))

    # As a peripheral.

    def serve(self, service, *characteristics):
        """A service of characteristics: (UUID, flags: encrypt-read, encrypt-authenticated-read, ..., value).  What is
        written to one may have as many octets as it has now."""
        self.control("menu gatt", f"register-service {service}")
        self.expect(r"Primary \(yes/no\):", 10)
        self.control("yes")
        for uuid, flags, value in characteristics:
            self.control(f"register-characteristic {uuid} {flags}")
            self.expect(r"Enter value:", 10)
            self.control(_octets(value))
        self.control("register-application")
        self.expect(r"Application registered", 10, refusal=r"Failed to register application.*")
        self.control("back")

    def change(self, uuid, value, address):
        """One of what it serves, which bluetoothd then tells to who has subscribed.  bluetoothctl 5.66 has no word for
        that; but it is the object that bluetoothd writes to for clients, so this writes to it as if for the one at this
        address."""
        path = re.findall(rf"(/org/bluez/app/\S+)\s+{uuid}", self.control_text())[-1]
        owner = re.findall(r"Registering application: (:[0-9.]+):", self._daemon_text())[-1]
        octets = ", ".join(f"byte {octet}" for octet in value)
        device = f"/org/bluez/hci0/dev_{address.replace(':', '_')}"
        options = f'{{"device": <objectpath "{device}">, "link": <"LE">}}'
        self.machine.must(f"DBUS_SYSTEM_BUS_ADDRESS={BUS} gdbus call --system --timeout 5 --dest {owner} "
                          f"--object-path {path} --method org.bluez.GattCharacteristic1.WriteValue "
                          f"'[{octets}]' '{options}' 2>&1")

    def look_for_nothing(self):
        """From its next start on bluetoothd asks nothing of who connects."""
        self._configure("ReverseServiceDiscovery=false")

    def _be_pairable(self):
        """And seen every 20 to 30 ms: Linux's own 1.28 s would be waited for twice in each visit."""
        self.machine.must(f"echo 32 >{SETTINGS}/adv_min_interval && echo 48 >{SETTINGS}/adv_max_interval")
        self.control("pairable on")
        self.expect(r"Changing pairable on succeeded", 10, refusal=r"Failed to set pairable.*")

    def advertise(self, name, extended=False):
        """`extended`: by extended PDUs; else by legacy ones, whatever its controller has."""
        self._be_pairable()
        phy = ["secondary 1M"] if extended else []
        self.control("menu advertise", f"name {name}", "discoverable on", *phy, "back")
        self.advertise_again()

    def advertise_again(self):
        """As before."""
        self.control("advertise on")
        self.expect(r"Advertising object registered", 10, refusal=r"Failed to register advertisement.*")

    def advertise_by_itself(self, name):
        """The kernel's own advertising, with the adapter's name: it changes its address in time, as that which bluetoothd
        asks for does not before it begins again."""
        self._be_pairable()
        self.control(f"system-alias {name}")
        self.expect(rf"Changing {name} succeeded", 10, refusal=r"Failed to set .*")
        for what in ("connectable", "advertising"):
            said = self.management(f"{what} on")
            if what not in said.partition("settings:")[2]:
                raise RefusedByLinux(said)

    def stop_advertising(self):
        self.control("advertise off")
        self.expect(r"Advertising object unregistered", 10, refusal=r"Failed to unregister.*")

    def want_intervals(self, least, most):
        """Connection intervals, in 1.25 ms, that it asks for as a peripheral."""
        self.machine.must(f"echo {least} >{SETTINGS}/conn_min_interval && echo {most} >{SETTINGS}/conn_max_interval")

    # The end.

    def keep_bonds(self):
        self.machine.must(f"rm -rf {KEPT_BONDS}; cp -r {BONDS} {KEPT_BONDS}")

    def reboot(self):
        """At once, with nothing left in order, as after a crash; the bonds were on its disk.  Returns the uptime."""
        self.keep_bonds()
        uptime = self.machine.reboot()
        self.machine.must(f"cp -r {KEPT_BONDS}/. {BONDS}")
        return uptime

    def power_off(self):
        """Closes the adapter in order, keeps what the kernel logged and the bonds, and ends the machine.  bluetoothd leaves
        first: it may be connecting by itself, to go on with what the end of a link had cut off, and Debian's 6.1.192
        crashes (hci_chan_del) when that is cut off by its adapter's end."""
        self.stop_bluetooth()
        said = self.management("power off")
        if "powered" in said.partition("settings:")[2] or "complete" not in said:
            raise RefusedByLinux(said)
        self.machine.must("dmesg >/log/dmesg.log")
        self.keep_bonds()
        return self.machine.power_off()
