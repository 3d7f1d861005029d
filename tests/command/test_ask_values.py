"""read and write, at a peer that is no host of ours: every way, every refusal."""

import signal
import struct

import bare_peripheral as bare
from case import case
from scene import *
from sensor import *


def ask(scene, *arguments, status=0, **how):
    process = scene.run(*arguments, **how)
    require(process.status() == status, f"{arguments} ended with {process.status()}, not {status}: {process.err}")
    return process


# ---- read ----

@case("read: a characteristic by UUID, with its name, as text and in hex", seconds=3)
def read_by_uuid(scene):
    Sensor(scene)
    told = ask(scene, "read", "sensor", "2a00").out
    require(re.search(r'Device Name \(2a00\) at 0x0003 is "sensor", in hex 73656e736f72\.\n', told), told)


@case("read: by handle in hex and in decimal, of a descriptor too, and nothing is looked up", seconds=3)
def read_by_handle(scene):
    sensor = Sensor(scene)
    told = ask(scene, "read", "sensor", f"0x{sensor.level:04x}", str(sensor.described)).out
    require(re.search(rf"0x{sensor.level:04x} is \"U\", in hex 55\.\n", told), told)
    require(re.search(rf'0x{sensor.described:04x} is "a note"', told), told)
    require([p[0] for p in sensor.air.heard] == [0x02, 0x0A, 0x0A], f"it asked {[p.hex() for p in sensor.air.heard]}")


@case("read: of two characteristics with one UUID both are read, with its service the one", seconds=6)
def read_each(scene):
    sensor = Sensor(scene)
    both = events(ask(scene, "read", "--json", "sensor", "2a19"), "value")
    require([(v["handle"], v["value"]) for v in both] == [(sensor.level, "55"), (sensor.other, "2a")], f"{both}")
    one = events(ask(scene, "read", "--json", "sensor", "180f/2a19"), "value")
    require([v["handle"] for v in one] == [sensor.level], f"{one}")
    require(one[0]["service"] == "180f" and one[0]["characteristic"] == "2a19" and one[0]["name"] == "Battery Level",
            f"{one}")


@case("read: a value of 512 octets comes whole, with the smallest MTU too; --raw gives nothing but its octets", seconds=6)
def read_long(scene):
    Sensor(scene)
    for options in ((), ("--mtu", "23")):
        path = scene.path("value")
        with open(path, "wb") as out:
            told = ask(scene, "read", "--raw", *options, "sensor", LONG, stdout=out.fileno())
        require(path.read_bytes() == LONG_VALUE, f"with {options}: {path.read_bytes().hex()}")
        require("Connected to" in told.err, "what else is told is on stderr")


@case("read: --mtu 23 asks for no MTU, --mtu 64 for 64", seconds=6)
def read_mtu(scene):
    sensor = Sensor(scene)
    ask(scene, "read", "--mtu", "23", "sensor", "0x0003")
    require(sensor.air.heard[0][0] == 0x0A, f"it asked {sensor.air.heard[0].hex()}")
    sensor.air.heard.clear()
    ask(scene, "read", "--mtu", "64", "sensor", "0x0003")
    require(sensor.air.heard[0] == struct.pack("<BH", 0x02, 64), f"it asked {sensor.air.heard[0].hex()}")


@case("read: a value longer than --mtu holds is a failure that says so", seconds=3)
def read_too_long(scene):
    Sensor(scene)
    one_sentence(scene.run("read", "--mtu", "64", "sensor", LONG), 1, "too-long", "leave --mtu out")


@case("read: an empty value, and one that would move a terminal's cursor", seconds=3)
def read_harmless(scene):
    sensor = Sensor(scene)
    sensor.table.at(sensor.name).value = b"\x1b[2Jboo"
    told = ask(scene, "read", "sensor", NOTE, "2a00")
    require(re.search(rf"{NOTE} at 0x{sensor.note:04x} is empty\.\n", told.out), told.out)
    require("is in hex 1b5b324a626f6f." in told.out and b"\x1b[2J" not in told.raw_out, told.out)


@case("read: what is not there is told, the rest is read all the same, and the status is 1", seconds=3)
def read_some(scene):
    Sensor(scene)
    process = scene.run("read", "sensor", "2a99", "2a00", "180f/2a00", SHUT)
    require(process.status() == 1 and 'is "sensor"' in process.out, process.out)
    lines = process.err.splitlines()
    require(len(lines) == 3, f"stderr: {process.err}")
    require("no characteristic 2a99; `kith info' lists" in lines[0] and "180f/2a00" in lines[1], process.err)
    require(re.search(r"was not read: Insufficient Authorization \(0x08\), .* has to allow it", lines[2]), process.err)


REFUSALS = {
    0x01: ("Invalid Handle", "kith info"), 0x02: ("Read Not Permitted", "nobody may read"), 0x06: ("Not Supported", "kind"),
    0x07: ("Invalid Offset", "that long"), 0x08: ("Authorization", "owner"), 0x0B: ("Not Long", "parts"),
    0x0E: ("Unlikely Error", "try again"), 0x11: ("Insufficient Resources", "later"), 0x80: ("0x80", "its own program"),
    0xFD: ("0xfd", "kith subscribe"), 0xFE: ("0xfe", "busy"), 0xFF: ("0xff", "range"),
}


@case("read: each ATT error by its name, with what can be done about it", seconds=4)
def read_refused(scene):
    sensor = Sensor(scene)
    whats = []
    for error in REFUSALS:
        whats.append(f"0x{sensor.table.characteristic('2a99', bare.READ, error=error):04x}")
    process = ask(scene, "read", "sensor", *whats, status=1)
    for line, (error, words) in zip(process.err.splitlines(), REFUSALS.items(), strict=True):
        require(line.startswith("kith: 'sensor': 0x"), line)
        for word in (f"(0x{error:02x})", *words):
            require(word in line, f"{word!r} is not in {line!r}")


@case("read: a peer that wants encryption and refuses to pair: why is told, once", seconds=4)
def read_cannot_pair(scene):
    Sensor(scene, error=bare.AUTHENTICATION)
    one_sentence(scene.run("read", "--yes", "sensor", SHUT), 1, "not paired with 'sensor'", "Its pairing is closed")


@case("read: a peer that asks to be paired with: a person is asked, --yes says yes, and nobody there is a no", seconds=6)
def read_asked_to_pair(scene):
    sensor = Sensor(scene, first=bare.SECURITY_REQUEST, before=lambda p, pdu: pdu[0] == 0x0A)
    asked = scene.start("read", "sensor", "0x0003", terminal=True, name="asked")
    asked.expect(CONSENT)
    require(sensor.air.smp == [], "it paired before anybody answered")
    asked.say("no")
    scene.crew.wait(lambda: sensor.air.smp, LIMIT_S, "the peer is told")
    require([p[0] for p in sensor.air.smp] == [0x05], f"{sensor.air.smp}")
    asked.interrupt()
    asked.ends(130)
    for options, opcode in (((), 0x05), (("--yes",), 0x01), (("--yes", "--no-pair"), 0x05)):
        sensor.air.smp.clear()
        process = scene.start("read", *options, "sensor", "0x0003", stdin="ended")
        scene.crew.wait(lambda: sensor.air.smp, LIMIT_S, "the peer is told")
        process.interrupt()
        process.ends(130)
        require(sensor.air.smp[0][0] == opcode, f"with {options}: {sensor.air.smp}")


@case("read --no-pair: a refusal is told, and no pairing is begun", seconds=4)
def read_no_pair(scene):
    sensor = Sensor(scene, error=bare.ENCRYPTION)
    process = scene.run("read", "--no-pair", "--json", "sensor", SHUT)
    one_sentence(process, 1, "Insufficient Encryption", "--no-pair")
    require(not any("pairing" in e["event"] for e in events(process)), "something was paired")
    require(len([p for p in sensor.air.heard if p[0] == 0x0A]) == 1, "it asked twice")


@case("read --no-pair --level 2: a peer without a bond is left alone", seconds=4)
def read_level_no_pair(scene):
    sensor = Sensor(scene)
    one_sentence(scene.run("read", "--no-pair", "--level", "2", "sensor", "2a00"), 1, "--no-pair forbids")
    require(sensor.air.heard == [], "it was asked all the same")


@case("read: a peer that leaves in the middle: what was being done is told", seconds=4)
def read_left(scene):
    Sensor(scene, before=lambda p, pdu: pdu[0] == 0x0C and (p.disconnect() or True))
    one_sentence(scene.run("read", "sensor", LONG), 1, "connection ended while reading from sensor")


@case("read: a peer that leaves while it is looked through", seconds=4)
def read_left_early(scene):
    Sensor(scene, before=lambda p, pdu: pdu[0] == 0x08 and (p.disconnect() or True))
    one_sentence(scene.run("read", "sensor", "2a00"), 1, "connection ended while reading from sensor")


@case("read: a peer that never answers: after 30 s that is told", limit_s=90, seconds=33)
def read_silent(scene):
    Sensor(scene, before=lambda p, pdu: pdu[0] == 0x0A)
    one_sentence(scene.run("read", "sensor", "0x0003", "0x0003", limit_s=60), 1, "timeout", "30 seconds")


@case("read: a peer that answers nonsense: it is named as such", seconds=3)
def read_nonsense(scene):
    Sensor(scene, before=lambda p, pdu: pdu[0] == 0x10 and (p.say(bytes((0x11, 6, 5, 0, 2, 0, 0, 0x18))) or True))
    one_sentence(scene.run("read", "sensor", "2a00"), 1, "could not be looked through", "malformed-response")


@case("read: a peer that has no services at all", seconds=3)
def read_nothing(scene):
    sensor = Sensor(scene)
    sensor.table.all.clear()
    one_sentence(scene.run("read", "sensor", "2a00"), 1, "no characteristic 2a00")


@case("read: Ctrl-C while the peer thinks: 130", seconds=3)
def read_stopped(scene):
    sensor = Sensor(scene, before=lambda p, pdu: pdu[0] == 0x0A)
    process = scene.start("read", "sensor", "0x0003", terminal=True)
    scene.crew.wait(lambda: any(p[0] == 0x0A for p in sensor.air.heard), LIMIT_S, "the value is asked for")
    process.interrupt()
    process.ends(130)
    require("stopped by Ctrl-C while reading from sensor" in process.err, process.err)


@case("read: a peer that is not there: one sentence, and status 1", seconds=3)
def read_nobody(scene):
    Sensor(scene)
    one_sentence(scene.run("read", "--timeout", "2", "lantern", "2a00"), 1, "'lantern' was not heard in 2 s")


@case("read: by the address that it was connected to", seconds=6)
def read_by_address(scene):
    Sensor(scene)
    address = re.search(CONNECTED, ask(scene, "read", "sensor", "2a00").out)[1]
    require('is "sensor"' in ask(scene, "read", address, "2a00").out, "it was not read")


# ---- write ----

@case("write: text by UUID, hex by handle, octets from stdin and from a file", seconds=10)
def write_all(scene):
    sensor = Sensor(scene)
    told = ask(scene, "write", "sensor", NOTE, "hello there").out
    require(re.search(rf"{NOTE} at 0x{sensor.note:04x}: 11 octets written\.\n", told), told)
    ask(scene, "write", "--hex", "sensor", f"0x{sensor.note:04x}", "00 ff:10Ab")
    from_stdin = scene.start("write", "sensor", NOTE, "-", name="stdin")
    from_stdin.say("two\nlines")
    from_stdin.end_input()
    from_stdin.ends(0)
    path = scene.path("value")
    path.write_bytes(b"\0\1\2")
    ask(scene, "write", "sensor", NOTE, "--file", path)
    path.write_text("0a\n0b\n")
    ask(scene, "write", "sensor", NOTE, "--hex", "--file", path)
    wanted = [b"hello there", b"\x00\xff\x10\xab", b"two\nlines\n", b"\0\1\2", b"\x0a\x0b"]
    require(sensor.written == [(sensor.note, value) for value in wanted], f"{sensor.written}")
    require({op for op, _, _ in sensor.air.written} == {0x12}, "not all by requests")


@case("write: an empty value is written as such", seconds=3)
def write_empty(scene):
    sensor = Sensor(scene)
    ask(scene, "write", "sensor", NOTE, "")
    require(sensor.written == [(sensor.note, b"")], f"{sensor.written}")


@case("write: 512 octets go in parts by themselves, with 97 at an MTU of 100 in one request", seconds=6)
def write_long(scene):
    sensor = Sensor(scene)
    path = scene.path("value")
    for length, opcode in ((97, 0x12), (98, 0x18), (512, 0x18)):
        value = LONG_VALUE[:length]
        path.write_bytes(value)
        ask(scene, "write", "sensor", LONG, "--file", path)
        require(sensor.air.written[-1] == (opcode, sensor.long, value), f"{length}: {sensor.air.written[-1]}")


@case("write --long and --reliable: in parts, however short; --reliable two values together", seconds=6)
def write_in_parts(scene):
    sensor = Sensor(scene)
    ask(scene, "write", "--long", "sensor", NOTE, "short")
    require(sensor.air.written == [(0x18, sensor.note, b"short")], f"{sensor.air.written}")
    sensor.air.written.clear()
    told = ask(scene, "write", "--reliable", "--json", "sensor", NOTE, "one", f"0x{sensor.long:04x}", "two")
    require(sensor.air.written == [(0x18, sensor.note, b"one"), (0x18, sensor.long, b"two")], f"{sensor.air.written}")
    both = events(told, "value-written")
    require([(v["handle"], v["way"], v["answered"]) for v in both] ==
            [(sensor.note, "reliable", True), (sensor.long, "reliable", True)], f"{both}")


@case("write: a peer that sends back something else: nothing is written, and that is told", seconds=4)
def write_not_echoed(scene):
    sensor = Sensor(scene, before=lambda p, pdu: pdu[0] == 0x16 and (p.say(b"\x17" + pdu[1:-1] + b"?") or True))
    one_sentence(scene.run("write", "--long", "sensor", NOTE, "short"), 1, "not-echoed", "nothing was written")
    require(sensor.written == [] and sensor.air.heard[-1] == b"\x18\0", f"{sensor.air.heard[-1].hex()}")


@case("write --command: it arrives, and that nobody answers is told", seconds=4)
def write_command(scene):
    sensor = Sensor(scene)
    told = ask(scene, "write", "--command", "--json", "sensor", NOTE, "quick")
    require(sensor.air.written == [(0x52, sensor.note, b"quick")], f"{sensor.air.written}")
    (one,) = events(told, "value-written")
    require(one["way"] == "command" and not one["answered"] and "told by nobody" in one["sentence"], f"{one}")


@case("write --command and --no-long: what does not fit is refused, and nothing goes out", seconds=6)
def write_too_long(scene):
    sensor = Sensor(scene)
    for option in ("--command", "--no-long"):
        one_sentence(scene.run("write", option, "sensor", NOTE, "x" * 98), 1, "98 octets", "holds 97", "--long")
    require(sensor.written == [], f"{sensor.written}")


@case("write --signed: without a bond with a signing key it is not written, and the way to one is told", seconds=4)
def write_signed_unbonded(scene):
    sensor = Sensor(scene)
    one_sentence(scene.run("write", "--signed", "sensor", NOTE, "x"), 1, "no bond with a signing key", "--signing")
    require(sensor.written == [], f"{sensor.written}")


@case("write: of two characteristics with one UUID none is written; the handles of both are told", seconds=4)
def write_unclear(scene):
    sensor = Sensor(scene)
    one_sentence(scene.run("write", "sensor", "2a19", "x"), 1, "2 characteristics 2a19",
                 f"0x{sensor.level:04x}, 0x{sensor.other:04x}")
    require(sensor.written == [], f"{sensor.written}")


@case("write: what is refused is told by its name", seconds=4)
def write_refused(scene):
    Sensor(scene, error=0x0D)
    one_sentence(scene.run("write", "sensor", SHUT, "x"), 1, "not written", r"Invalid Attribute Value Length \(0x0d\)",
                 "too long or too short")


@case("write: a peer that leaves in the middle of a long one", seconds=4)
def write_left(scene):
    Sensor(scene, before=lambda p, pdu: pdu[0] == 0x18 and (p.disconnect() or True))
    one_sentence(scene.run("write", "--long", "sensor", NOTE, "x"), 1, "connection ended while writing to sensor")
