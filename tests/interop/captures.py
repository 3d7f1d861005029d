"""What the captures tell: Linux's commands with our answers, and whether a dissector finds anything malformed."""

import shutil
import struct
from dataclasses import dataclass

from cell import Mismatch, Skip, output_of
from names import command_name, status_name

# btsnoop datalinks and what their records hold.
DATALINK_H4 = 1002  # each packet opens with its H4 type octet
DATALINK_MONITOR = 2001  # Linux's monitor: the type is in the low half of the flags
H4_COMMAND, H4_EVENT = 0x01, 0x04
MONITOR_COMMAND, MONITOR_EVENT, MONITOR_USER_LOGGING = 2, 3, 13

EVENT_COMMAND_COMPLETE, EVENT_COMMAND_STATUS = 0x0E, 0x0F
UNKNOWN_COMMAND = 0x01


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


def commands(capture):
    """Every command once per status, in the order of first use, and how often."""
    answers = {}
    waiting = []

    def count(opcode, status):
        answers.setdefault((opcode, status), Answer(opcode, status)).times += 1

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
