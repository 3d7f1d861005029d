"""info: the whole table, whoever's it is."""

import json
import struct

import bare_peripheral as bare
from case import case
from scene import *
from sensor import *


@case("info: services, includes, characteristics and descriptors with handles, names and properties", seconds=4)
def info_lines(scene):
    s = Sensor(scene)
    told = scene.run("info", "sensor")
    require(told.status() == 0 and told.err == "", told.err)
    wanted = [
        "The link is not encrypted (level 1); MTU 100.",
        f"0x{s.access:04x} to 0x0003  primary service 1800 Generic Access",
        f"  0x{s.name:04x}  2a00 Device Name: read",
        f"0x{s.inside:04x} to 0x{s.inside_value:04x}  secondary service {INSIDE}",
        f"  0x{s.inside_value:04x}  2a29 Manufacturer Name String: read",
        f"0x{s.battery:04x} to 0x{s.level_configuration:04x}  primary service 180f Battery",
        f"  0x{s.level:04x}  2a19 Battery Level: read, notify",
        f"    0x{s.level_configuration:04x}  2902 Client Characteristic Configuration",
        f"0x{s.custom:04x} to 0x{s.end:04x}  primary service {LONG}",
        f"  0x{s.include:04x}  includes the service, 0x{s.inside:04x} to 0x{s.inside_value:04x}",
        f"  0x{s.long:04x}  {LONG}: read, write",
        f"  0x{s.note:04x}  {NOTE}: read, write-without-response, write",
        f"    0x{s.described:04x}  2901 Characteristic User Description",
        f"  0x{s.other:04x}  2a19 Battery Level: read, indicate",
        f"    0x{s.other_configuration:04x}  2902 Client Characteristic Configuration",
        f"  0x{s.shut:04x}  {SHUT}: read, write",
        f"    0x{s.end:04x}  2901 Characteristic User Description",
    ]
    listed = [line for line in told.out.splitlines() if not re.match(r" *\d+\.\d+ s ", line)]
    require(listed == wanted, "\n".join(listed))


@case("info --values --json: each entry of the table is an object, with its value or why there is none", seconds=4)
def info_json(scene):
    s = Sensor(scene)
    told = scene.run("info", "--values", "--json", "sensor")
    require(told.status() == 0 and told.err == "", told.err)
    (peer,) = events(told, "peer")
    require((peer["mtu"], peer["level"], peer["key_size"], peer["bonded"]) == (100, 1, 0, False), f"{peer}")
    services = {e["handle"]: e for e in events(told, "service")}
    require({h: e["primary"] for h, e in services.items()} ==
            {s.access: True, s.inside: False, s.battery: True, s.custom: True}, f"{services}")
    require(services[s.inside]["uuid"] == INSIDE, f"{services[s.inside]}")
    (include,) = events(told, "include")
    require((include["handle"], include["included_handle"], include["service_handle"]) ==
            (s.include, s.inside, s.custom), f"{include}")
    found = {e["handle"]: e for e in events(told, "characteristic")}
    require(list(found) == [s.name, s.inside_value, s.level, s.long, s.note, s.other, s.shut], f"{list(found)}")
    require(found[s.level]["properties"] == ["read", "notify"] and found[s.level]["name"] == "Battery Level", "level")
    descriptors = [(e["handle"], e["uuid"]) for e in events(told, "descriptor")]
    require(descriptors == [(s.level_configuration, "2902"), (s.described, "2901"), (s.other_configuration, "2902"),
                            (s.end, "2901")], f"{descriptors}")
    values = {e["handle"]: e for e in events(told, "value")}
    require(bytes.fromhex(values[s.long]["value"]) == LONG_VALUE, "the long value is not whole")
    require(values[s.name]["text"] == "sensor" and values[s.described]["text"] == "a note", "text")
    require(values[s.shut]["att_error"] == "Insufficient Authorization", f"{values[s.shut]}")
    require(values[s.end]["att_error"] == "Read Not Permitted", f"{values[s.end]}")


@case("info: a lamp, whose database hash is told, before and after it is paired with", seconds=8)
def info_of_lamp(scene):
    scene.controller()
    lamp = scene.serve()
    plain = scene.run("info", "--values", "lamp")
    require(plain.status() == 0, plain.err)
    link = re.search(r"The link is not encrypted \(level 1\); MTU 247; database hash ([0-9a-f]{32})\.", plain.out)
    require(link and plain.out.count("cannot be read over this link: Insufficient Authentication") == 2, plain.out)
    pair_by_number(scene, lamp)
    secure = scene.run("info", "--values", "lamp")
    require(re.search(r"level 4 .*, key of 16 octets, bond 1; MTU 247; database hash " + link[1], secure.out), secure.out)
    require(VALUE in secure.out and "cannot be read" not in secure.out, secure.out)


def entries(told):
    """What was listed of the table: all that has no time before it, and is not about the link."""
    return [line for line in told.out.splitlines() if re.match(r" *0x[0-9a-f]{4} ", line)]


KNOWN = "Its table is known from the bond, and has not changed:"


@case("info: a bonded peer's table is looked through once, then known from the bond until it changes", seconds=12)
def info_kept(scene):
    scene.controller()
    lamp = scene.serve()
    plain = entries(scene.run("info", "lamp"))
    pair_by_number(scene, lamp)
    learned, kept = scene.run("info", "lamp"), scene.run("info", "lamp")
    require(KNOWN not in learned.out and KNOWN in kept.out, learned.out + kept.out)
    require(entries(learned) == plain and entries(kept) == plain, "three lists of one table differ")
    told = scene.run("info", "--json", "lamp")
    require(events(told, "peer")[0]["table_kept"] is True, told.out)
    require(events(told, "characteristic") and not events(told, "characteristics"), "it was asked for all the same")
    read = scene.run("read", "lamp", "5a3c2f10-7d0e-4e1b-9c55-4b6974680002")
    require(read.status() == 0 and VALUE in read.out, read.out + read.err)
    lamp.stop()
    table = scene.path("more.json")
    table.write_text(json.dumps({"name": "lamp", "services": [{"uuid": "180f", "characteristics": [
        {"uuid": "2a19", "properties": ["read"], "permissions": {"read": "open"}, "hex": "57"}]}]}))
    scene.serve(table, name="another table")
    changed = scene.run("info", "lamp")
    require(changed.status() == 0 and KNOWN not in changed.out, changed.out + changed.err)
    require(any("Battery Level" in line for line in entries(changed)), changed.out)
    again = scene.run("info", "lamp")
    require(KNOWN in again.out and entries(again) == entries(changed), again.out)


@case("info: a bonded peer's table that is larger than what is kept is listed whole", limit_s=120, seconds=30)
def info_large(scene):
    scene.controller()
    own = "7a1e{:04x}-52b2-4ea1-a0f5-4b6974680000"
    table = scene.path("large.json")
    table.write_text(json.dumps({"name": "large", "services": [{"uuid": own.format(0), "characteristics": [
        {"uuid": own.format(n), "properties": ["read"], "permissions": {"read": "open"}} for n in range(1, 100)]}]}))
    scene.serve("--io", "none", table, terminal=False)
    paired = scene.run("pair", "--read", "2a00", "large")
    require(paired.status() == 0, paired.err)
    for _ in range(2):
        told = scene.run("info", "large", limit_s=50)
        require(told.status() == 0 and KNOWN not in told.out, told.err)
        found = [line for line in entries(told) if "7a1e" in line and ": read" in line]
        require(len(found) == 99, f"{len(found)} of 99 were listed")


@case("subscribe --no-write: a bonded peer is asked to tell of nothing, changes of its table included", seconds=10)
def no_write_asks_nothing(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    configuration = "0x0009"  # of Service Changed
    listens = scene.run("subscribe", "--no-write", "--for", "1", "lamp", "2a05")
    require(listens.status() == 0, listens.err)
    asked = scene.run("read", "lamp", configuration)
    require("in hex 0000" in asked.out, asked.out + asked.err)
    scene.run("info", "lamp")
    asked = scene.run("read", "lamp", configuration)
    require("in hex 0200" in asked.out, asked.out + asked.err)


@case("info --level: the link is secured first", seconds=5)
def info_secured(scene):
    scene.controller()
    lamp = scene.serve()
    info = scene.start("info", "--level", "4", "lamp", terminal=True)
    compare(lamp, info)
    info.expect(r"The link is encrypted: level 4")
    info.ends(0)


@case("info: a service that includes itself and one that lies in another are gone through once", seconds=4)
def info_knots(scene):
    s = Sensor(scene)
    first = s.table.service(SHUT)
    s.table.include(first)
    s.table.characteristic("2a00", bare.READ, b"x")
    told = scene.run("info", "--json", "sensor")
    require(told.status() == 0, told.err)
    require([e["handle"] for e in events(told, "service")].count(first) == 1, told.out)


@case("info: a peer that never comes to an end is left after a while with a sentence", limit_s=90, seconds=20)
def info_endless(scene):
    """Each included service is another one, and has as many includes as fit."""
    s = Sensor(scene)
    count = [0x0100]

    def before(peripheral, pdu):
        if pdu[0] != 0x08 or pdu[5:] != bare.INCLUDE:
            return False
        first, last = struct.unpack("<HH", pdu[1:5])
        if first >= last:
            return False
        entries = b""
        for handle in range(first, min(first + 11, last)):
            count[0] += 1
            entries += struct.pack("<HHHH", handle, count[0], 0xFFFF, 0x1800)
        peripheral.say(bytes((0x09, 8)) + entries)
        return True

    s.air.before = before
    told = scene.run("info", "sensor", limit_s=80)
    one_sentence(told, 1, "more attributes than can be believed")


@case("info: what is told when the radio goes in the middle", seconds=4)
def info_radio_gone(scene):
    s = Sensor(scene, before=lambda p, pdu: pdu[0] == 0x04)
    radio = scene.crew.all[0]
    info = scene.start("info", "sensor", stdin="ended")
    scene.crew.wait(lambda: any(p[0] == 0x04 for p in s.air.heard), LIMIT_S, "descriptors are asked for")
    radio.kill()
    info.ends()
    one_sentence(info, 1, "the controller has gone")
