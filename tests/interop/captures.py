"""What the captures tell: Linux's commands and requests with our answers, how often it paired, and whether a
dissector finds anything malformed."""

import shutil
import struct
from dataclasses import dataclass

from cell import Mismatch, Skip, output_of
from names import command_name, request_name, status_name

# btsnoop datalinks and what their records hold.
DATALINK_H4 = 1002  # each packet opens with its H4 type octet
DATALINK_MONITOR = 2001  # Linux's monitor: the type is in the low half of the flags
H4_COMMAND, H4_EVENT = 0x01, 0x04
MONITOR_COMMAND, MONITOR_EVENT, MONITOR_USER_LOGGING = 2, 3, 13

EVENT_COMMAND_COMPLETE, EVENT_COMMAND_STATUS = 0x0E, 0x0F
UNKNOWN_COMMAND = 0x01

MONITOR_SENT = "4"  # ACL data from Linux to its controller
ATT_ERROR, L2CAP_REJECT = 0x01, 0x01
# Linux asks for nothing to which these would be the answer: Invalid PDU, Request Not Supported, Unlikely Error.
ATT_HELPLESS = (0x04, 0x06, 0x0E)
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


def table(answers):
    width = max((len(a.command) for a in answers), default=0)
    return "".join(f"{a.times:4} x  0x{a.opcode:04x}  {a.command:{width}}  -> {a.told}\n" for a in answers)


# What it asks us over a link.


@dataclass
class Exchange:
    """One kind of request of Linux and one kind of answer."""

    channel: str  # ATT or L2CAP
    request: int
    answer: str
    helpless: bool  # it should have been served otherwise
    times: int = 0

    def __str__(self):
        return f"{request_name(self.channel, self.request)}: {self.answer}"


def exchanges(all_captures):
    """Every request of Linux once per kind of answer."""
    found = {}
    open_requests = {}  # {(link, channel, identifier): (request, since)}; ATT has no identifier: one at a time

    def count(channel, request, answer, helpless=False):
        one = found.setdefault((channel, request, answer), Exchange(channel, request, answer, helpless))
        one.times += 1

    def end_of_links(now):
        for (_, channel, _), (request, since) in open_requests.items():
            late = now - since > ANSWER_WITHIN_S
            count(channel, request, "no answer" if late else "the link ended", late)
        open_requests.clear()

    def look_through(capture):
        now = 0.0
        for now, sent, key, code, error in _requests_and_answers(capture):
            channel = key[1]
            if channel is None:
                end_of_links(now)
            elif sent and request_name(channel, code):
                if key in open_requests:
                    count(channel, open_requests[key][0], "no answer", helpless=True)
                open_requests[key] = code, now
            elif not sent and key in open_requests:
                request, _ = open_requests[key]
                if code == request + 1 or error is not None:
                    del open_requests[key]
                    told = "answered" if error is None else f"error 0x{error:02x}"
                    count(channel, request, told, error is not None and (channel == "L2CAP" or error in ATT_HELPLESS))
        end_of_links(now)

    for capture in all_captures:
        look_through(capture)
    return list(found.values())


def _requests_and_answers(capture):
    """(time, sent by Linux, (link, channel, identifier), code, error), in order; a link that ended has no channel."""
    fields = ("frame.time_relative", "hci_mon.opcode", "bthci_acl.chandle", "btatt.opcode", "btatt.error_code",
              "btl2cap.cmd_code", "btl2cap.rej_reason", "btl2cap.cmd_ident")
    for line in _fields(capture, "btatt || btl2cap.cmd_code || bthci_evt.code == 0x05", *fields):
        when, direction, link, att, att_error, signal, reject, identifier = line.split("\t")
        if att:
            channel, code, error = "ATT", att, att_error
        else:
            channel, code, error = ("L2CAP", signal, reject) if signal else (None, "0", "")
        key = link, channel, identifier
        yield float(when), direction == MONITOR_SENT, key, int(code, 16), int(error, 16) if error else None


def pairings(capture):
    """How often Linux, or its peer, began to pair."""
    return len(_fields(capture, "btsmp.opcode == 0x01", "frame.number"))


def encryptions(capture):
    """How often a link was encrypted: Encryption Change, Success, on."""
    wanted = "bthci_evt.code == 0x08 && bthci_evt.status == 0 && bthci_evt.encryption_enable == 1"
    return len(_fields(capture, wanted, "frame.number"))


# What a dissector says.


def malformed(capture):
    """(number of packets, descriptions of malformed ones) as tshark sees the capture.

    Asked for fields, tshark builds the whole tree; for its one-line summary it does not, and then misses
    some.  Left out are bluetoothd's log lines in Linux's own capture: no packets, and tshark reads them wrongly."""
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed")
    require(capture)
    frames = _fields(capture, "frame", "frame.number")
    if not frames:
        raise Mismatch(f"{capture.name} is empty")
    bad = f"_ws.malformed && !(hci_mon.opcode == {MONITOR_USER_LOGGING})"
    return len(frames), _fields(capture, bad, "frame.number", "_ws.col.Info")


def _fields(capture, display_filter, *fields):
    wanted = [argument for field in fields for argument in ("-e", field)]
    return output_of(["tshark", "-r", capture, "-Y", display_filter, "-T", "fields", *wanted]).splitlines()
