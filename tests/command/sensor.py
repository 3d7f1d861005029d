"""A sensor in plain: a bare peripheral with a table that has one of everything, and commands that ask it."""

import json

import bare_peripheral as bare
from process import require

LONG = "5a3c2f10-7d0e-4e1b-9c55-4b6974681001"
INSIDE = "5a3c2f10-7d0e-4e1b-9c55-4b6974681002"
NOTE = "5a3c2f10-7d0e-4e1b-9c55-4b6974681003"
SHUT = "5a3c2f10-7d0e-4e1b-9c55-4b6974681004"
LONG_VALUE = bytes(i * 7 & 0xFF for i in range(512))


class Sensor:
    """handles: where everything is.  Whatever else is told goes to bare.Peripheral."""

    def __init__(self, scene, **how):
        radio = scene.controller()
        t = self.table = bare.Table()
        self.access = t.service("1800")
        self.name = t.characteristic("2a00", bare.READ, b"sensor")
        self.inside = t.service(INSIDE, secondary=True)
        self.inside_value = t.characteristic("2a29", bare.READ, b"Kith")
        self.battery = t.service("180f")
        self.level = t.characteristic("2a19", bare.READ | bare.NOTIFY, b"\x55")
        self.level_configuration = t.descriptor("2902", b"\0\0")
        self.custom = t.service(LONG)
        self.include = t.include(self.inside)
        self.long = t.characteristic(LONG, bare.READ | bare.WRITE, LONG_VALUE)
        self.note = t.characteristic(NOTE, bare.READ | bare.WRITE | bare.WRITE_COMMAND, b"")
        self.described = t.descriptor("2901", b"a note")
        self.other = t.characteristic("2a19", bare.READ | bare.INDICATE, b"\x2a")
        self.other_configuration = t.descriptor("2902", b"\0\0")
        self.shut = t.characteristic(SHUT, bare.READ | bare.WRITE, b"", error=how.pop("error", bare.AUTHORIZATION))
        self.end = t.descriptor("2901", b"", error=bare.READ_NOT_PERMITTED)
        self.air = bare.Peripheral(radio.listens_at, "sensor", t, **how)

    @property
    def written(self):
        return [(handle, value) for _, handle, value in self.air.written]

    def value(self, handle):
        return self.table.at(handle).value


def events(process, kind=None):
    """The JSON objects it printed, each a whole line."""
    told = [json.loads(line) for line in process.out.splitlines()]
    for one in told:
        require(isinstance(one["time_ms"], int) and isinstance(one["sentence"], str), f"an event lacks something: {one}")
    return [one for one in told if kind in (None, one["event"])]
