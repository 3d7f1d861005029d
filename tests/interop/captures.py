"""What the captures tell: Linux's commands and requests with our answers, how often it paired, and whether a
dissector finds anything malformed."""

import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

from cell import Mismatch, Skip, output_of
from names import command_name, request_name, status_name, wants_answer

# btsnoop datalinks and what their records hold.
DATALINK_H4 = 1002  # each packet opens with its H4 type octet
DATALINK_MONITOR = 2001  # Linux's monitor: the type is in the low half of the flags
H4_COMMAND, H4_EVENT = 0x01, 0x04
MONITOR_COMMAND, MONITOR_EVENT, MONITOR_USER_LOGGING = 2, 3, 13

EVENT_COMMAND_COMPLETE, EVENT_COMMAND_STATUS = 0x0E, 0x0F
UNKNOWN_COMMAND = 0x01
SET_RANDOM_ADDRESS, SET_RANDOM_ADDRESS_OF_SET = 0x2005, 0x2035

MONITOR_SENT = "4"  # ACL data from Linux to its controller
ANSWER_WITHIN_S = 2  # that long may an answer take; a link may end before

@dataclass
class Answer:
    """One command and one status that answered it (None: nothing did)."""

    opcode: int
    status: int | None
    times: int = 0

    @property
    def command(self):
        return command_name(self.opcode)

    @property
    def told(self):
        return "no answer" if self.status is None else status_name(self.status)


def require(capture):
    if not capture.exists():
        raise Mismatch(f"there is no {capture.name}")


def packets(capture):
    """(H4 type, packet without that octet) for each command and event of a btsnoop file."""
    require(capture)
    data = capture.read_bytes()
    magic, version, datalink = struct.unpack_from(">8sII", data)
    if magic != b"btsnoop\0" or version != 1 or datalink not in (DATALINK_H4, DATALINK_MONITOR):
        raise Mismatch(f"{capture.name} is no btsnoop file of a known kind")
    offset = 16
    while offset + 24 <= len(data):
        length, flags = struct.unpack_from(">4xII", data, offset)
        packet = data[offset + 24 : offset + 24 + length]
        offset += 24 + length
        if offset > len(data):
            return  # it is being written
        if datalink == DATALINK_H4 and packet[:1]:
            yield packet[0], packet[1:]
        elif flags & 0xFFFF in (MONITOR_COMMAND, MONITOR_EVENT):
            yield (H4_COMMAND if flags & 0xFFFF == MONITOR_COMMAND else H4_EVENT), packet


def answered(event):
    """(opcode, status) if this event answers a command; else None."""
    if event[0] == EVENT_COMMAND_COMPLETE and len(event) >= 6:
        return struct.unpack_from("<HB", event, 3)
    if event[0] == EVENT_COMMAND_STATUS and len(event) >= 6:
        status, _, opcode = struct.unpack_from("<BBH", event, 2)
        return opcode, status
    return None


def commands(all_captures):
    """Every command once per status, in the order of first use, and how often."""
    answers = {}

    def count(opcode, status):
        answers.setdefault((opcode, status), Answer(opcode, status)).times += 1

    for capture in all_captures:
        waiting = []
        for kind, packet in packets(capture):
            if kind == H4_COMMAND:
                waiting.append(struct.unpack_from("<H", packet)[0])
            elif kind == H4_EVENT and (answer := answered(packet)) and answer[0] in waiting:
                waiting.remove(answer[0])
                count(*answer)
        for opcode in waiting:
            count(opcode, None)
    return list(answers.values())


def random_addresses(capture):
    """Those that a host has told its controller to use, for all or for one advertising set."""
    for kind, packet in packets(capture):
        opcode = struct.unpack_from("<H", packet)[0] if kind == H4_COMMAND else None
        if opcode in (SET_RANDOM_ADDRESS, SET_RANDOM_ADDRESS_OF_SET):
            yield packet[:-7:-1].hex(":").upper()


def table(answers):
    width = max((len(a.command) for a in answers), default=0)
    return "".join(f"{a.times:4} x  0x{a.opcode:04x}  {a.command:{width}}  -> {a.told}\n" for a in answers)


# What it asks us over a link.

CENTRAL = 0
ATT_ERROR, L2CAP_REJECT, L2CAP_PARAMETERS = 0x01, 0x01, 0x12
NOT_UNDERSTOOD = 0x0000
INVALID_PDU, NOT_SUPPORTED = 0x04, 0x06
_SECURITY = {0x05, 0x08, 0x0C, 0x0F}
# The errors with which a server may answer what it serves (Vol 3 Part F 3.4); what is not here, we don't serve.
_ERRORS = {
    0x02: set(), 0x04: {0x01, 0x0A}, 0x06: {0x01, 0x0A}, 0x08: {0x01, 0x02, 0x0A} | _SECURITY,
    0x0A: {0x01, 0x02} | _SECURITY, 0x0C: {0x01, 0x02, 0x07, 0x0B} | _SECURITY, 0x10: {0x01, 0x0A, 0x10},
    0x0E: {0x01, 0x02} | _SECURITY, 0x12: {0x01, 0x03, 0x0D, 0x13} | _SECURITY, 0x1D: set(),
    0x16: {0x01, 0x03, 0x09} | _SECURITY, 0x18: {0x01, 0x03, 0x07, 0x0D} | _SECURITY, 0x20: {0x01, 0x02} | _SECURITY,
}
# What their lengths may be: least and most.
_LENGTHS = {0x02: (3, 3), 0x04: (5, 5), 0x06: (7, 517), 0x08: (7, 21), 0x0A: (3, 3), 0x0C: (5, 5), 0x10: (7, 21),
            0x0E: (5, 517), 0x12: (3, 517), 0x16: (5, 517), 0x18: (2, 2), 0x1D: (3, 517),
            0x20: (5, 517)}


@dataclass
class Exchange:
    """One kind of request of Linux and one kind of answer."""

    channel: str  # ATT or L2CAP
    request: int
    answer: str
    right: bool  # as the specification wants it from a host that serves what we serve
    while_pairing: bool = False  # it was asked between a Pairing Request and encryption
    times: int = 0

    def __str__(self):
        return f"{request_name(self.channel, self.request)}: {self.answer}"


def exchanges(all_captures, while_pairing=False):
    """Every request of Linux once per kind of answer; or of those made while it paired."""
    found = {}
    for capture in all_captures:
        for one in _Conversation(capture).exchanges:
            if one.while_pairing or not while_pairing:
                found.setdefault((one.channel, one.request, one.answer, one.right), one).times += 1
    return list(found.values())


@dataclass
class _Open:
    """A request that waits for its answer."""

    packet: "_Packet"
    while_pairing: bool


class _Conversation:
    """Goes through one capture; `exchanges` has every single one."""

    def __init__(self, capture):
        self.exchanges = []
        self._open = {}  # by _Packet.key: ATT has no identifiers, so one at a time
        self._central = None
        self._pairing = False
        packet = None
        for packet in _packets_of_links(capture):
            self._take(packet)
        if packet:
            self._end_of_links(packet.time)

    def _take(self, packet):
        if packet.role is not None:
            self._central = packet.role == CENTRAL
        elif packet.link_ended:
            self._end_of_links(packet.time)
        elif packet.channel is None:
            self._pairing = packet.begins_pairing
        elif packet.sent and wants_answer(packet.channel, packet.code):
            if packet.key in self._open:
                self._close(packet.key, "no answer", False)
            self._open[packet.key] = _Open(packet, self._pairing)
        elif not packet.sent and not wants_answer(packet.channel, packet.code) and not packet.is_command:
            self._answered(packet)

    def _answered(self, answer):
        opened = self._open.get(answer.key)
        if opened and answer.answers(opened.packet):
            told = f"error 0x{answer.error:02x}" if answer.is_refusal else "answered"
            self._close(answer.key, told, is_right(opened.packet, answer, self._central))
        else:
            self.exchanges.append(Exchange(answer.channel, answer.code, "told, and it answers nothing", False))

    def _close(self, key, told, right):
        opened = self._open.pop(key)
        self.exchanges.append(Exchange(opened.packet.channel, opened.packet.code, told, right, opened.while_pairing))

    def _end_of_links(self, now):
        for key, opened in list(self._open.items()):
            late = now - opened.packet.time > ANSWER_WITHIN_S
            self._close(key, "no answer" if late else "the link ended", not late)
        self._pairing = False


def is_right(request, answer, linux_is_central):
    if request.channel == "L2CAP":
        # Only a central answers connection parameters.  Of the rest we have nothing: it is not understood.
        if request.code == L2CAP_PARAMETERS and not linux_is_central:
            return not answer.is_refusal
        return answer.is_refusal and answer.error == NOT_UNDERSTOOD
    if request.code not in _ERRORS:
        return answer.is_refusal and answer.error == NOT_SUPPORTED
    least, most = _LENGTHS[request.code]
    if not least <= request.length <= most:
        return answer.is_refusal and answer.error == INVALID_PDU
    return not answer.is_refusal or answer.error in _ERRORS[request.code]


@dataclass
class _Packet:
    time: float
    sent: bool  # by Linux
    link: str
    channel: str | None  # None: it is about the link or about pairing
    code: int
    error: int | None
    refused: int | None  # ATT: the opcode that an error names
    identifier: str
    length: int
    role: int | None  # of Linux, on a link that begins here
    link_ended: bool
    begins_pairing: bool

    @property
    def key(self):
        return self.link, self.channel, self.identifier

    @property
    def is_refusal(self):
        return self.code == (ATT_ERROR if self.channel == "ATT" else L2CAP_REJECT)

    def answers(self, request):
        if self.channel == "ATT" and self.is_refusal:
            return self.refused == request.code
        return self.is_refusal or self.code == request.code + 1

    @property
    def is_command(self):
        """An ATT PDU that neither has an answer nor is one: commands, notifications."""
        return self.channel == "ATT" and (self.code & 0x40 != 0 or self.code in (0x1B, 0x23))


def _packets_of_links(capture):
    """ATT and signalling, where links begin and end, and where pairing does (encryption, or a failure, ends it)."""

    def number(text):
        return int(text, 16) if text else None

    for frame in frames(capture):
        att, signal, code = frame.text("btatt.opcode"), frame.text("btl2cap.cmd_code"), frame.text("bthci_evt.code")
        begins, fails = frame.has("btsmp.opcode", "0x01"), frame.has("btsmp.opcode", "0x05")
        subevents = frame.values("bthci_evt.le_meta_subevent")
        about_link = code in ("0x05", "0x08") or bool({"0x01", "0x0a"} & set(subevents))
        if not (att or signal or begins or fails or about_link):
            continue
        channel = "ATT" if att else "L2CAP" if signal else None
        yield _Packet(float(frame.text("frame.time_relative")), frame.has("hci_mon.opcode", MONITOR_SENT),
                      frame.text("bthci_acl.chandle"), channel, number(att or signal or "0"),
                      number(frame.text("btatt.error_code") or frame.text("btl2cap.rej_reason")),
                      number(frame.text("btatt.req_opcode_in_error")), frame.text("btl2cap.cmd_ident"),
                      int(frame.text("btl2cap.length") or "0"), number(frame.text("bthci_evt.role")), code == "0x05",
                      begins)


def pairings(capture):
    """How often Linux, or its peer, began to pair."""
    return sum(frame.has("btsmp.opcode", "0x01") for frame in frames(capture))


def pairing_failures(capture):
    """The reasons of Pairing Failed, whoever sent it."""
    return [int(frame.text("btsmp.reason"), 16) for frame in frames(capture) if frame.has("btsmp.opcode", "0x05")]


def extended_advertising(capture):
    """How many PDUs of an air capture are those of extended advertising: ADV_EXT_IND and all AUX_ but their requests."""
    return sum(frame.has("btle.advertising_header.pdu_type", "0x07") for frame in frames(capture))


def encryptions(capture):
    """How often a link was encrypted: Encryption Change, Success, on."""
    return sum(frame.has("bthci_evt.code", "0x08") and frame.has("bthci_evt.status", "0x00")
               and frame.has("bthci_evt.encryption_enable", "0x01") for frame in frames(capture))


# What a dissector says.


def malformed(capture, on_purpose=None):
    """(number of packets, descriptions of malformed ones) as tshark sees the capture; but for those that were sent
    `on_purpose` (fields and their values).

    Left out are bluetoothd's log lines in Linux's own capture: no packets, and tshark reads them wrongly."""
    found = frames(capture)
    if not found:
        raise Mismatch(f"{capture.name} is empty")
    bad = [frame for frame in found if frame.text("_ws.malformed")
           and not frame.has("hci_mon.opcode", str(MONITOR_USER_LOGGING))
           and not (on_purpose and all(frame.has(name, value) for name, value in on_purpose.items()))]
    return len(found), [f"{frame.text('frame.number')} {frame.text('_ws.col.Info')}" for frame in bad]


# Asked for fields, tshark builds the whole tree; for its one-line summary it does not, and then misses some that are
# malformed.  The last may hold anything.
_FIELDS = (
    "frame.number", "frame.time_relative", "_ws.malformed", "hci_mon.opcode", "bthci_acl.chandle",
    "btatt.opcode", "btatt.error_code", "btatt.req_opcode_in_error", "btatt.handle", "btatt.value",
    "btl2cap.cmd_code", "btl2cap.rej_reason", "btl2cap.cmd_ident", "btl2cap.length", "btsmp.opcode", "btsmp.reason",
    "bthci_evt.code", "bthci_evt.le_meta_subevent", "bthci_evt.role", "bthci_evt.status", "bthci_evt.opcode",
    "bthci_evt.encryption_enable", "btle.advertising_header.pdu_type", "_ws.col.Info",
)


class Frame:
    """What tshark says of one packet, by the names of its fields."""

    def __init__(self, line):
        self._said = dict(zip(_FIELDS, line.split("\t", len(_FIELDS) - 1), strict=True))

    def text(self, name):
        return self._said[name]

    def values(self, name):
        return self._said[name].split(",")

    def has(self, name, value):
        """Whether it is one of the field's values."""
        return value in self.values(name)


def frames(capture):
    """All of a capture.  tshark takes a third of a second to begin, so it is asked once."""
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed")
    require(capture)
    return _frames(capture, capture.stat().st_size)


@lru_cache(maxsize=None)
def _frames(capture, _size):
    wanted = [argument for field in _FIELDS for argument in ("-e", field)]
    said = output_of(["tshark", "-n", "-r", capture, "-T", "fields", *wanted])
    return [Frame(line) for line in said.split("\n")[:-1]]


def read_together(all_captures):
    """Two processors read two at once."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(frames, all_captures))
