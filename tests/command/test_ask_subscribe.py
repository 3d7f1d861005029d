"""subscribe, at a peer that is no host of ours: values as they come, and what is taken back."""

import struct

import bare_peripheral as bare
from case import case
from scene import *
from sensor import *


def written_to(sensor, handle):
    return [value for h, value in sensor.written if h == handle]


def tells(*values, indicate=False):
    """A peer that tells of these when it was asked to."""
    def after(peripheral, pdu):
        if pdu[0] == 0x12 and len(pdu) == 5 and pdu[3] != 0:
            value_handle = struct.unpack("<H", pdu[1:3])[0] - 1
            for value in values:
                peripheral.notify(value_handle, value, indicate)
    return after


@case("subscribe --count: so many values, each with its time, and then it is taken back", seconds=4)
def count(scene):
    sensor = Sensor(scene, after=tells(b"\x01", b"on", b"", b"\x04"))
    process = scene.run("subscribe", "--count", "3", "sensor", "180f/2a19")
    require(process.status() == 0 and process.err == "", process.err)
    label = rf"\n +\d+\.\d{{3}} s  Battery Level \(2a19\) at 0x{sensor.level:04x} is "
    require(re.search(label + r"in hex 01\." + ".*" + label + r'"on", in hex 6f6e\.' + ".*" + label + "empty", process.out,
                      re.DOTALL), process.out)
    require("in hex 04" not in process.out, "one too many")
    require(written_to(sensor, sensor.level_configuration) == [b"\1\0", b"\0\0"], f"{sensor.written}")


@case("subscribe --json: one object for each value", seconds=4)
def json_values(scene):
    sensor = Sensor(scene, after=tells(b"\x01", b"\x02"))
    told = scene.run("subscribe", "--json", "--count", "2", "sensor", f"0x{sensor.level:04x}")
    values = events(told, "value")
    require([(v["handle"], v["value"], v["indicated"], v["level"], v["characteristic"]) for v in values] ==
            [(sensor.level, "01", False, 1, "2a19"), (sensor.level, "02", False, 1, "2a19")], f"{values}")
    require(len(events(told, "listening")) == 1, "it does not say that it listens")


@case("subscribe: what can only be indicated is, and each is confirmed", seconds=4)
def indications(scene):
    sensor = Sensor(scene, after=tells(b"\x09", indicate=True))
    told = scene.run("subscribe", "--json", "--count", "1", "sensor", LONG + "/2a19")
    require([v["indicated"] for v in events(told, "value")] == [True], told.out)
    require(written_to(sensor, sensor.other_configuration) == [b"\2\0", b"\0\0"], f"{sensor.written}")
    require(b"\x1e" in sensor.air.heard, "it was not confirmed")


@case("subscribe: several at once; values of each, both taken back", seconds=5)
def several(scene):
    sensor = Sensor(scene, after=tells(b"\x07"))
    told = scene.run("subscribe", "--json", "--count", "2", "sensor", "2a19")
    require({v["handle"] for v in events(told, "value")} == {sensor.level, sensor.other}, told.out)
    for handle in (sensor.level_configuration, sensor.other_configuration):
        require(written_to(sensor, handle)[-1] == b"\0\0", f"{sensor.written}")


@case("subscribe: Ctrl-C takes back what was asked for, and ends with 130", seconds=4)
def stopped(scene):
    sensor = Sensor(scene, after=tells(b"\x01"))
    process = scene.start("subscribe", "sensor", "180f/2a19", terminal=True)
    process.expect(r"is in hex 01\.")
    process.interrupt()
    process.ends(130)
    require("stopped by Ctrl-C while listening to sensor" in process.err, process.err)
    require(written_to(sensor, sensor.level_configuration) == [b"\1\0", b"\0\0"], f"{sensor.written}")


@case("subscribe: Ctrl-C while it is being asked for: nothing stays", seconds=4)
def stopped_early(scene):
    sensor = Sensor(scene)
    held = []

    def before(peripheral, pdu):
        if pdu[0] != 0x12 or held:
            return False
        held.append(pdu)
        return True

    sensor.air.before = before
    process = scene.start("subscribe", "sensor", "180f/2a19", terminal=True)
    scene.crew.wait(lambda: held, LIMIT_S, "it is asked for")
    process.interrupt()
    scene.crew.wait(lambda: "stopped by" in process.err, LIMIT_S, "it has heard")
    sensor.air.say(sensor.air.server.answer(held[0]))
    process.ends(130)
    require(written_to(sensor, sensor.level_configuration) == [b"\1\0", b"\0\0"], f"{sensor.written}")


@case("subscribe: Ctrl-C at a peer that does not answer any more: it leaves soon, Ctrl-C twice at once", seconds=8)
def stopped_in_silence(scene):
    sensor = Sensor(scene)
    process = scene.start("subscribe", "sensor", "180f/2a19", terminal=True)
    process.expect(r"Listening")
    sensor.air.before = lambda p, pdu: True
    process.interrupt()
    process.ends(130)
    again = scene.start("subscribe", "sensor", "0x0009", terminal=True, name="again")
    again.expect(r"Connected to")
    scene.crew.wait(lambda: sensor.air.links == 2, LIMIT_S, "it has connected")
    again.interrupt()
    again.interrupt()
    again.ends(130)


@case("subscribe --for: it ends by itself with 0; with --count it is a failure where fewer came", seconds=6)
def for_seconds(scene):
    sensor = Sensor(scene, after=tells(b"\x01"))
    process = scene.run("subscribe", "--for", "1", "sensor", "180f/2a19")
    require(process.status() == 0 and "in hex 01" in process.out, process.err)
    process = scene.run("subscribe", "--for", "1", "--count", "2", "sensor", "180f/2a19", name="two")
    one_sentence(process, 1, "told of 1 values in 1 s, not of 2")
    require(written_to(sensor, sensor.level_configuration) == 2 * [b"\1\0", b"\0\0"], f"{sensor.written}")


@case("subscribe --keep takes nothing back; --no-write writes nothing and listens", seconds=6)
def keep(scene):
    sensor = Sensor(scene, after=tells(b"\x01"))
    require(scene.run("subscribe", "--keep", "--count", "1", "sensor", "180f/2a19").status() == 0, "keep")
    require(written_to(sensor, sensor.level_configuration) == [b"\1\0"], f"{sensor.written}")
    sensor.air.written.clear()
    sensor.air.after = lambda p, pdu: pdu[0] == 0x08 and p.notify(sensor.level, b"\x33")
    told = scene.run("subscribe", "--no-write", "--for", "1", "sensor", "180f/2a19", name="no-write")
    require(told.status() == 0 and sensor.written == [], f"{sensor.written}")
    require(re.search(r'at 0x0009 is "3", in hex 33\.', told.out), told.out)


@case("subscribe: a value of somebody it did not ask for is not told", seconds=4)
def not_asked(scene):
    sensor = Sensor(scene)
    sensor.air.after = lambda p, pdu: pdu[0] == 0x12 and (p.notify(sensor.note, b"\x77"), p.notify(sensor.level, b"\x78"))
    told = scene.run("subscribe", "--json", "--count", "1", "sensor", "180f/2a19")
    require([v["value"] for v in events(told, "value")] == ["78"], told.out)


@case("subscribe: what can be told of by no means, and a handle that is no value, are named", seconds=6)
def cannot(scene):
    sensor = Sensor(scene)
    one_sentence(scene.run("subscribe", "sensor", "2a00"), 1, "never notified nor indicated", "kith info")
    one_sentence(scene.run("subscribe", "--indicate", "sensor", "180f/2a19"), 1, "never indicated")
    one_sentence(scene.run("subscribe", "sensor", f"0x{sensor.described:04x}"), 1, "no characteristic whose value is at")
    require(sensor.written == [], f"{sensor.written}")


@case("subscribe: refused by the peer: the error by its name, and what was asked for before is taken back", seconds=4)
def refused(scene):
    sensor = Sensor(scene)
    sensor.table.at(sensor.other_configuration).error = 0x11
    one_sentence(scene.run("subscribe", "sensor", "2a19"), 1, r"Insufficient Resources \(0x11\)")
    require(written_to(sensor, sensor.level_configuration) == [b"\1\0", b"\0\0"], f"{sensor.written}")


@case("subscribe: a peer that leaves while it is listened to", seconds=4)
def left(scene):
    Sensor(scene, after=lambda p, pdu: pdu[0] == 0x12 and p.disconnect())
    one_sentence(scene.run("subscribe", "sensor", "180f/2a19"), 1, "connection ended while listening to sensor")
