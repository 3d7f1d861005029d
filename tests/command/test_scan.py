"""`kith scan`: who is there, once each; somebody alone; a thousand of them."""

import re
import struct

from bare_central import Controller, RESET
from bare_peripheral import ENABLE, SET_DATA, SET_PARAMETERS
from case import case
from scene import *
from sensor import events

SET_RESPONSE = 0x2009
ADV_IND, ADV_NONCONN_IND = 0, 3
LINE = r" *-?\d+\.\d+ s +(-\d+) dBm  ([0-9A-F:]{17}) \((\S+)\) +(connectable|scannable|broadcasts|directed) *(.*)"
SUMMARY = r"(\d+) heard in (\d+) s, (\d+) of them connectable"
MORE_KB = 8192  # for a thousand more, whatever the allocator adds: an entry has a few hundred octets


def ad(kind, value):
    return bytes((len(value) + 1, kind)) + value


class Advertiser:
    """A controller that is told to advertise this, and left alone.  It is there as long as this object."""

    def __init__(self, radio, data, response=b"", kind=ADV_IND):
        self.controller = Controller(radio.listens_at)
        self.controller.command(RESET)
        self.controller.command(SET_PARAMETERS, struct.pack("<HHBBB6sBB", 0x20, 0x20, kind, 0, 0, b"", 7, 0))
        self.controller.command(SET_DATA, bytes((len(data),)) + data.ljust(31, b"\0"))
        if response:
            self.controller.command(SET_RESPONSE, bytes((len(response),)) + response.ljust(31, b"\0"))
        self.controller.command(ENABLE, b"\x01")


def lines_of(scan):
    """(strength, address, kind, use, the rest) of each device that was told."""
    return [re.fullmatch(LINE, line).groups() for line in scan.out.splitlines() if " dBm " in line]


def belt(radio):
    return Advertiser(radio, ad(0x03, b"\x0d\x18\x0f\x18") + ad(0xFF, b"\x4c\x00\x10"), ad(0x09, b"belt"))


@case("scan: each device is told once: strength, address, use, its name from a scan response, services, company", 20, 3)
def told_once(scene):
    radio = scene.controller()
    there = [belt(radio), Advertiser(radio, ad(0xFF, b"\x99\x04\x05"), kind=ADV_NONCONN_IND)]
    scan = scene.run("scan", "--time", "2")
    require(scan.status() == 0 and scan.err == "", f"{scan.status()}: {scan.err}")
    told = {rest: line for *line, rest in lines_of(scan)}
    require(told == {"'belt'; Heart Rate; Battery; Apple": ["-50", "00:4B:49:00:00:01", "public", "connectable"],
                     "Ruuvi": ["-50", "00:4B:49:00:00:02", "public", "broadcasts"]}, f"{told}")
    require(re.search(SUMMARY, scan.out).groups() == ("2", "2", "1"), scan.out)
    del there


@case("scan: a name with escapes in it moves no cursor, and is no broken JSON", 20, 2)
def harmless(scene):
    radio = scene.controller()
    there = Advertiser(radio, ad(0x09, b"\x1b[2J\x07\xffevil"))
    scan = scene.run("scan", "--time", "1")
    require(b"'?[2J??evil'" in scan.raw_out and b"\x1b" not in scan.raw_out, f"{scan.raw_out!r}")
    told = events(scene.run("scan", "--time", "1", "--json"), "advertiser")
    require([one["name"] for one in told] == ["?[2J??evil"], f"{told}")
    del there


@case("scan --json: an object for each device with all that is known of it, and what it said in hex; then a summary", 20, 2)
def json_objects(scene):
    radio = scene.controller()
    there = belt(radio)
    scan = scene.run("scan", "--time", "1", "--json")
    one, = events(scan, "advertiser")
    wanted = {"address": "00:4B:49:00:00:01", "address_type": "public", "address_kind": "public", "rssi": -50,
              "connectable": True, "scannable": True, "directed": False, "name": "belt", "company": 0x4C,
              "company_name": "Apple", "extended": False, "data": "05030d180f1804ff4c0010", "scan_response": "050962656c74",
              "services": [{"uuid": "180d", "name": "Heart Rate"}, {"uuid": "180f", "name": "Battery"}]}
    require({name: one.get(name) for name in wanted} == wanted, f"{one}")
    last, = events(scan, "summary")
    require((last["heard"], last["connectable"], last["left"], last["dropped"]) == (1, 1, 0, 0), f"{last}")
    require(last["reports"] > 10, f"{last}")
    del there


@case("scan --find: by name, address, service, in either form; it ends when that one is heard, and tells it alone", 30, 3)
def finds(scene):
    radio = scene.controller()
    there = [belt(radio), Advertiser(radio, ad(0x09, b"180d"))]
    for what in ("belt", "name:belt", "00:4B:49:00:00:01", "180f", "0000180f-0000-1000-8000-00805f9b34fb"):
        scan = scene.run("scan", "--find", what)
        require(scan.status() == 0 and scan.err == "", f"{what}: {scan.status()} {scan.err}")
        require([(line[1], line[4][:6]) for line in lines_of(scan)] == [("00:4B:49:00:00:01", "'belt'")], f"{what}: {scan.out}")
    scan = scene.run("scan", "--find", "name:180d")
    require([line[1] for line in lines_of(scan)] == ["00:4B:49:00:00:02"], scan.out)
    del there


@case("scan --find of who is not there: exit status 4 in time, and a sentence with the names that were heard", 20, 2)
def not_found(scene):
    radio = scene.controller()
    there = belt(radio)
    scan = scene.run("scan", "--find", "nobody", "--time", "1")
    one_sentence(scan, 4, "'nobody' was not heard in 1 s", r"\('belt'\)")
    require(scan.out == "", scan.out)
    one_sentence(scene.run("scan", "--find", "peer:7"), 1, "no bond with the number 7", "kith bonds list")
    del there


@case("scan --passive hears no scan response; --raw tells each AD structure; --live tells each report", 20, 3)
def ways(scene):
    radio = scene.controller()
    there = belt(radio)
    scan = scene.run("scan", "--passive", "--raw", "--time", "1")
    require([line[4] for line in lines_of(scan)] == ["Heart Rate; Battery; Apple"], scan.out)
    require(re.search(r" data 03: 0d180f18\n +data ff: 4c0010\n", scan.out), scan.out)
    scan = scene.run("scan", "--raw", "--time", "1")
    require(" scan response 09: 62656c74\n" in scan.out, scan.out)
    scan = scene.run("scan", "--live", "--time", "1")
    require(len(lines_of(scan)) > 10, scan.out)
    del there


@case("scan --time 0 goes on until Ctrl-C, which ends it with the summary and 130", 20, 1)
def until_interrupted(scene):
    radio = scene.controller()
    there = belt(radio)
    scan = scene.start("scan", "--time", "0", terminal=True)
    scan.expect("'belt'")
    scan.interrupt()
    scan.ends(130)
    require(re.search(SUMMARY, scan.out), scan.out)
    require(scan.err == "", scan.err)
    del there


@case("scan on a terminal shows how many were heard and how long it goes on, and none of that elsewhere", 20, 4)
def progress(scene):
    scan = scene.start("scan", "--hci", "sim:3", "--time", "2", terminal=True, errors="terminal")
    scan.expect(r"[0-4] heard, [12] s left")
    scan.ends(0)
    last = scan.raw_out.rsplit(b"\r\x1b[K", 1)[1]
    require(re.search(rb"4 heard in 2 s", last) and b"left" not in last, f"{last!r}")
    scan = scene.run("scan", "--hci", "sim:3", "--time", "1")
    require(b"left" not in scan.raw_out and scan.err == "", f"{scan.raw_out!r} {scan.err}")


@case("scan: a controller that goes is said in one sentence, after what was heard", 20, 1)
def controller_goes(scene):
    radio = scene.controller()
    there = belt(radio)
    scan = scene.start("scan")
    scan.expect("'belt'")
    radio.kill()
    scan.ends(1)
    one_sentence(scan, 1, "the controller has gone")
    del there


@case("scan: wrong options are named", 20, 1)
def wrong_use(scene):
    for options, words in (((["lamp"]), "'lamp' is one argument too many; --find"), (["--time", "x"], "--time wants"),
                           (["--find", ""], "--find ''"), (["--find", "a", "--live"], "only one of them"),
                           (["--hci", "sim:9999"], "from 0 to 2000"), (["--io", "none"], "unrecognized option")):
        usage_error(scene.run("scan", *options), words)


def peak_kb(process):
    """Of its own memory, the radio's and others' not counted; while it runs."""
    text = open(f"/proc/{process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])


def crowded(scene, count):
    """(the scan, its peak memory at the end)."""
    scan = scene.start("scan", "--hci", f"sim:{count}", "--time", "6", stdin="ended", name=f"scan of {count}")
    peak = 0
    def look():
        nonlocal peak
        try:
            peak = max(peak, peak_kb(scan))
        except (OSError, TypeError):
            pass
        return scan.status() is not None
    scene.crew.wait(look, 40, "the end of the scan")
    scene.crew.drain(scan)
    require(scan.status() == 0, f"{scan.status()}: {scan.err}")
    return scan, peak


@case("scan among a thousand devices: a line for each, all of them named, in little more memory than among ten", 90, 14)
def thousand(scene):
    few, few_kb = crowded(scene, 10)
    many, many_kb = crowded(scene, 1000)
    told = lines_of(many)
    named = {rest for *_, rest in told}
    require(len(told) == len({line[1] for line in told}) == 1001, f"{len(told)} lines")
    require({f"'crowd-{n}'; Battery; Heart Rate" for n in range(1, 1001) if n % 4} <= named, "some lack their name")
    require(re.search(SUMMARY, many.out).groups() == ("1001", "6", "751"), many.out[-200:])
    require(len(lines_of(few)) == 11, few.out)
    require(0 < many_kb - few_kb < MORE_KB, f"{few_kb} kB among ten, {many_kb} kB among a thousand")


class Extended(Advertiser):
    """The same with extended advertising: set 5 on LE 1M and, where the data is, LE 2M."""

    def __init__(self, radio, data, primary=1, secondary=2):
        command = self.controller = Controller(radio.listens_at)
        interval = (0x40).to_bytes(3, "little")
        command = self.controller.command
        command(RESET)
        command(0x2036, struct.pack("<BH3s3sBBB6sBbBBBBB", 0, 0, interval, interval, 7, 0, 0, b"", 0, 127, primary, 0,
                                    secondary, 5, 0))
        parts = [data[i:i + 251] for i in range(0, len(data), 251)]
        for i, part in enumerate(parts):
            operation = 3 if len(parts) == 1 else 1 if i == 0 else 2 if i == len(parts) - 1 else 0
            command(0x2037, bytes((0, operation, 1, len(part))) + part)
        command(0x2039, struct.pack("<BBBHB", 1, 1, 0, 0, 0))


@case("scan of extended advertisers: PHYs, set, and data of more than one packet, whole", 30, 2)
def extended(scene):
    radio = scene.controller("--core", "5.4")
    data = ad(0x09, b"long") + ad(0xFF, b"\x59\x00" + bytes(range(240))) + ad(0x16, b"\x1a\x18" + bytes(200))
    there = [Extended(radio, data), belt(radio)]
    scan = scene.run("scan", "--time", "1", "--json")
    one, other = sorted(events(scan, "advertiser"), key=lambda told: not told["extended"])
    wanted = {"name": "long", "company_name": "Nordic", "extended": True, "sid": 5, "primary_phy": "LE 1M",
              "secondary_phy": "LE 2M", "is_cut": False, "data": data.hex(), "connectable": False}
    require({name: one.get(name) for name in wanted} == wanted, f"{one}")
    require(other["name"] == "belt" and not other["extended"], f"{other}")
    scan = scene.run("scan", "--find", "long")
    require([line[4] for line in lines_of(scan)] == ["'long'; Environmental Sensing; Nordic; extended, LE 1M/LE 2M; set 5"],
            scan.out)
    del there


@case("scan --coded hears who is on LE Coded alone, and says so where the controller has none", 30, 2)
def coded(scene):
    radio = scene.controller("--core", "5.4")
    there = Extended(radio, ad(0x09, b"far"), primary=3, secondary=3)
    require("0 heard" in scene.run("scan", "--time", "1").out, "it is heard without --coded")
    scan = scene.run("scan", "--coded", "--find", "far")
    require([line[4] for line in lines_of(scan)] == ["'far'; extended, LE Coded; set 5"], scan.out)
    one_sentence(scene.run("scan", "--hci", "sim", "--coded"), 1, "does not listen to LE Coded; without --coded")
    del there
