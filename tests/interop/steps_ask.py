"""Checks in which Linux asks for what we don't serve, or as nobody should, in octets of its own (guest_att.c).

Each row: what it is, the step, and the answer that the specification wants ("-": none; "??": any octet, for the
identifiers that the kernel chooses).  An answer where none is due shows as that of the next row, so a list ends with a
row that has one.  Vol 3 Part F 3.4 (ATT), Part A 4 (LE signalling).
"""

from fnmatch import fnmatchcase

import captures
import ours
from cell import Mismatch

_PARAMETERS = "Connection Parameter Update: answered"
_WHILE_PAIRING = ("Exchange MTU: answered", "Read By Group Type: answered")

# The lamp's handles (tools/kith/lamp.c): its state may be read, and its note written too, over encrypted links.
_NAME, _APPEARANCE, _STATE, _NOTE = "0300", "0500", "1000", "1200"
_SIGNATURE = "00" * 12


def _request(pdu):
    return f"request={pdu}"


def _error(opcode, handle, code):
    return f"01{opcode}{handle}{code}"


def _signals(to_a_central):
    """We have no channels, so their commands are not understood (4.1), as are all others but one: a central answers
    connection parameters, in this release always with a refusal (4.20, 4.21)."""
    return (
        ("an enhanced channel for EATT", "enhanced=0027", "01??02000000 refused"),
        ("an LE credit based channel", "channel=0080", "01??02000000 refused"),
        ("disconnection of a channel", "signal=0690040040004100", "019002000000"),
        ("credits for a channel", "signal=1691040040000100", "019102000000"),
        ("reconfiguration of channels", "signal=19920600400040004000", "019202000000"),
        ("connection parameters", "signal=129308001800280000006400",
         "139302000100" if to_a_central else "019302000000"),
        ("an information request, which is of BR/EDR", "signal=0a9502000200", "019502000000"),
        ("an echo request, which is of BR/EDR", "signal=089602006869", "019602000000"),
        ("a response to parameters never asked for", "signal-only=139702000000", "-"),
        ("a response to a channel never asked for", "signal-only=15980a0040004000400001000000", "-"),
        ("a reserved code", "signal=779902000000", "019902000000"),
    )


_PROTOCOL = (
    ("Read Multiple", _request("0e" + _NAME + _APPEARANCE), "0f6c616d70????"),
    ("Read Multiple Variable", _request("20" + _NAME + _APPEARANCE), "2104006c616d700200????"),
    ("a reserved request", _request("3f01"), _error("3f", "0000", "06")),
    ("a Read without half of its handle", _request("0a03"), _error("0a", "0000", "04")),
    ("a Read of handle 0", _request("0a0000"), _error("0a", "0000", "01")),
    ("Find By Type Value, nothing to find", _request("060100ffff00280f18"), _error("06", "0100", "0a")),
    ("a reserved command", "command=7f00", "-"),
    ("a confirmation of nothing", "command=1e", "-"),
)

PLAIN = (
    *_PROTOCOL,
    ("Read Blob of the name", _request("0c" + _NAME + "0200"), "0d6d70"),
    ("Read Blob beyond its end", _request("0c" + _NAME + "0500"), _error("0c", _NAME, "07")),
    ("Read Blob of the state", _request("0c" + _STATE + "0000"), _error("0c", _STATE, "05")),
    ("Write to the note", _request("12" + _NOTE + "41"), _error("12", _NOTE, "05")),
    ("Prepare Write to the note", _request("16" + _NOTE + "000041"), _error("16", _NOTE, "05")),
    ("Execute Write of nothing that was prepared", _request("1801"), "19"),
    ("Write to the state, which is none to write", _request("12" + _STATE + "41"), _error("12", _STATE, "03")),
    ("a Write Command to the note", "command=52" + _NOTE + "41", "-"),
    ("a Signed Write Command to the note", "command=d2" + _NOTE + "41" + _SIGNATURE, "-"),
    *_signals(to_a_central=False),
    ("Read of the name", _request("0a" + _NAME), "0b6c616d70"),
)

# With the bond's key.  The note takes requests alone, so what commands say never gets there.
ENCRYPTED = (
    *_PROTOCOL,
    ("a Write Command to the note", "command=52" + _NOTE + "41", "-"),
    ("a Signed Write Command to the note", "command=d2" + _NOTE + "41" + _SIGNATURE, "-"),
    ("Prepare Write to the note", _request("16" + _NOTE + "000041"), "17" + _NOTE + "000041"),
    ("Execute Write that gives it up", _request("1800"), "19"),
    ("Read of the note, as empty as ever", _request("0a" + _NOTE), "0b"),
    ("Write to the note", _request("12" + _NOTE + "4142"), "13"),
    ("Read Blob of the note", _request("0c" + _NOTE + "0100"), "0d42"),
    *_signals(to_a_central=False),
    ("Read of the note, as it was written", _request("0a" + _NOTE), "0b4142"),
    # A part behind what is there goes on from there; one beyond its end is refused when it is executed (3.4.6.3).
    ("Prepare Write behind it", _request("16" + _NOTE + "02004344"), "17" + _NOTE + "02004344"),
    ("Execute Write", _request("1801"), "19"),
    ("Read of the note, grown", _request("0a" + _NOTE), "0b41424344"),
    ("Prepare Write beyond its end", _request("16" + _NOTE + "090045"), "17" + _NOTE + "090045"),
    ("Execute Write beyond its end", _request("1801"), _error("18", _NOTE, "07")),
    ("Read of the note, as it was", _request("0a" + _NOTE), "0b41424344"),
)

# We know that there is a key: encryption is what is missing (Part C 10.3.1).
PLAIN_WITH_BOND = (
    ("Read of the state", _request("0a" + _STATE), _error("0a", _STATE, "0f")),
    ("Write to the note", _request("12" + _NOTE + "43"), _error("12", _NOTE, "0f")),
    ("a Signed Write Command to the note", "command=d2" + _NOTE + "43" + _SIGNATURE, "-"),
    ("Read of the name", _request("0a" + _NAME), "0b6c616d70"),
)

# Over a link that is there, whose ATT channel is bluetoothd's.
TO_A_CENTRAL = _signals(to_a_central=True)

# What a dissector calls malformed, and we do too: it was sent on purpose.
ON_PURPOSE = {"btatt.opcode": "0x0a", "btl2cap.length": "2"}


def _wrong(rows, said):
    return [f"{what}: {answer}, wanted {wanted}" for (what, _, wanted), answer in zip(rows, said)
            if not fnmatchcase(answer, wanted)]


def _ask(context, peer, peer_type, security, rows):
    context.found["on_purpose"] = ON_PURPOSE
    said = context.parties["linux"].ask(peer, peer_type, security, [step for _, step, _ in rows])
    wrong = _wrong(rows, said)
    if wrong:
        raise Mismatch("; ".join(wrong))
    return f"{len(rows)} of it, each answered as it should be"


def asked(rows, security):
    """Over a link of its own; `security`: "low" (in plain) or "medium" (with the bond's key)."""

    def check(context):
        ready = context.found["ready"]
        return _ask(context, ready["address"], ready["address_type"], security, rows)

    return check


def asked_by_peripheral(context):
    """Over the link of the visit that is under way."""
    (ready,) = ours.events(context.parties["ours"], ours.READY)
    return _ask(context, ready["address"], ready["address_type"], "none", TO_A_CENTRAL)


def short_intervals_wanted(context):
    """So Linux will itself ask for other parameters, whatever a central chooses: its default takes ours as they are."""
    context.parties["linux"].want_intervals(6, 12)
    return "7.5 to 15 ms"


def parameters_refused(context):
    """Linux asked for them by itself too, when a link began, and was refused as a central refuses."""
    found = [one for one in captures.exchanges(context.parties["linux"].captures) if str(one) == _PARAMETERS]
    times = sum(one.times for one in found) - 1  # one came from asked_by_peripheral
    if times < 1:
        raise Mismatch("Linux never asked for other parameters by itself")
    return f"{times} times"


def answered_while_pairing(context):
    """Whatever bluetoothd asked between a Pairing Request and encryption.  Where nobody is asked anything and the radio
    takes no time, it may come too late for that."""
    found = captures.exchanges(context.parties["linux"].captures, while_pairing=True)
    wrong = [str(one) for one in found if not one.right]
    if wrong:
        raise Mismatch("; ".join(wrong))
    return ", ".join(f"{one.times} x {one}" for one in found) or "nothing was asked"


def asked_while_pairing(context):
    """bluetoothd's own MTU exchange and discovery do come between Pairing Request and encryption."""
    told = answered_while_pairing(context)
    missing = [name for name in _WHILE_PAIRING if name not in told]
    if missing:
        raise Mismatch(f"not seen: {', '.join(missing)}; {told}")
    return told
