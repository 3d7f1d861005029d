"""info, read, write and subscribe at `kith serve FILE`: values of every protection, told and written over bonds."""

import json

from case import case
from scene import *
from sensor import events

OWN = "7a1e0001-52b2-4ea1-a0f5-4b6974680000"
LONG_TEXT = "0123456789abcdef" * 32


def value(uuid, can, level="encrypted", **more):
    """A characteristic: what may be done with it, at which level."""
    permissions = {}
    for word in can:
        if word in ("read", "write", "notify"):
            permissions[word] = level
        elif word == "write-without-response":
            permissions["write"] = level
        elif word == "indicate":
            permissions["notify"] = level
    permissions.update(more.pop("permissions", {}))
    return {"uuid": uuid, "properties": can, "permissions": permissions, **more}


TABLE = {"name": "shed", "services": [{"uuid": OWN, "characteristics": [
    value("2a6e", ["read", "notify"], name="temperature", hex="d007"),
    value("2a6f", ["read", "indicate"], name="humidity", hex="1027"),
    value("2a57", ["read", "write", "write-without-response"], name="note", text="old"),
    value("2a58", ["read"], "sc-authenticated", name="vault", text="gold"),
    value("2a59", ["read"], "open", name="guarded", text="asked", permissions={"authorized": True}),
    value("2a5a", ["read", "signed-write"], "open", name="slip", permissions={"signed": "bonded"}),
]}]}


def shed(scene, *options, **how):
    scene.controller()
    path = scene.path("shed.json")
    path.write_text(json.dumps(TABLE))
    return scene.serve(path, *options, **how)


def bonded_shed(scene, *options):
    """Paired with by a number."""
    server = shed(scene, *options)
    phone = scene.start("read", *options, "shed", "2a57", terminal=True, name="first")
    compare(server, phone)
    phone.expect('"old"')
    phone.ends(0)
    server.expect(BONDED)
    return server


@case("subscribe: a protected value pairs by the number, then each value comes over the encrypted link", seconds=6)
def subscribe_pairs(scene):
    server = shed(scene)
    process = scene.start("subscribe", "--count", "2", "shed", "2a6e", terminal=True)
    compare(server, process)
    process.expect(r"Listening")
    server.say("set temperature 0x3408")
    process.expect(r"is .*in hex 3408\.")
    server.say("set temperature warm")
    process.expect(r'Temperature \(2a6e\) at 0x[0-9a-f]{4} is "warm"')
    process.ends(0)


@case("subscribe: a bonded server remembers with --keep, and --no-write hears of it the next time; else it forgets",
      seconds=9)
def remembered(scene):
    server = bonded_shed(scene)
    keep = scene.start("subscribe", "--keep", "--count", "1", "shed", "2a6e", stdin="ended", name="keep")
    keep.expect("Listening")
    server.say("set temperature 0x0001")
    keep.ends(0)
    listens = scene.start("subscribe", "--no-write", "--json", "--count", "1", "shed", "2a6e", stdin="ended", name="no-write")
    listens.expect("listening")
    server.say("set temperature 0x0002")
    listens.ends(0)
    require([(v["value"], v["level"]) for v in events(listens, "value")] == [("0002", 4)], listens.out)
    takes_back = scene.start("subscribe", "--count", "1", "shed", "2a6e", stdin="ended", name="takes back")
    takes_back.expect("Listening")
    server.say("set temperature 0x0003")
    takes_back.ends(0)
    silence = scene.start("subscribe", "--no-write", "--for", "1", "--count", "1", "shed", "2a6e", stdin="ended",
                          name="silence")
    silence.expect("Listening")
    server.say("set temperature 0x0004")
    silence.ends(1)
    one_sentence(silence, 1, "told of 0 values")


@case("subscribe --json: an indicated value of a bonded server", seconds=6)
def indicated(scene):
    server = bonded_shed(scene)
    process = scene.start("subscribe", "--json", "--count", "1", "shed", "2a6f", stdin="ended")
    process.expect("listening")
    server.say("set humidity 0x0a0b")
    process.ends(0)
    require([(v["value"], v["indicated"]) for v in events(process, "value")] == [("0a0b", True)], process.out)


@case("write and read: 512 octets, over the encrypted link, whole", seconds=6)
def long_protected(scene):
    server = bonded_shed(scene)
    process = scene.run("write", "shed", "2a57", LONG_TEXT)
    require(process.status() == 0 and "512 octets written" in process.out, process.err)
    server.expect("note")
    back = scene.run("read", "--raw", "shed", f"{OWN}/2a57", name="read")
    require(back.status() == 0 and back.out == LONG_TEXT, back.out)


@case("write --reliable: two parts of one value, and a value that may not be written keeps both away", seconds=6)
def reliable(scene):
    bonded_shed(scene)
    good = scene.run("write", "--reliable", "shed", "2a57", "good", name="good")
    require(good.status() == 0, good.err)
    bad = scene.run("write", "--reliable", "shed", "2a57", "bad", "2a58", "worse", name="bad")
    one_sentence(bad, 1, r"Write Not Permitted \(0x03\)", "2 values together")
    require('"good"' in scene.run("read", "shed", "2a57").out, "it was written in part")


@case("write --command: taken over the bond's link; in plain it comes to nothing, as its words say", seconds=8)
def command(scene):
    server = shed(scene)
    plain = scene.run("write", "--command", "shed", "2a57", "plain", name="plain")
    require(plain.status() == 0 and "whether they were taken is told by nobody" in plain.out, plain.out + plain.err)
    phone = scene.start("read", "shed", "2a57", terminal=True, name="first")
    compare(server, phone)
    phone.expect('"old"')
    phone.ends(0)
    require(scene.run("write", "--command", "shed", "2a57", "secure", name="secure").status() == 0, "secure")
    require('"secure"' in scene.run("read", "shed", "2a57").out, "it was not taken")


@case("write --signed: a server that holds the signing key takes it, over a plain link", seconds=7)
def signed(scene):
    bonded_shed(scene, "--signing")
    process = scene.run("write", "--signed", "--json", "shed", "2a5a", "by me")
    require(process.status() == 0, process.err)
    require(not any(e["event"] in ("encrypted", "security-changed") for e in events(process)), "it was encrypted")
    back = scene.run("read", "--json", "shed", "2a5a", name="read")
    require([v["text"] for v in events(back, "value")] == ["by me"], back.out)


@case("read: a value above the bond's level is refused with what would help, and nobody is paired with anew", seconds=6)
def above_bond(scene):
    server = shed(scene)
    weak = scene.start("read", "--io", "none", "shed", "2a57", stdin="ended", name="weak")
    weak.expect('"old"')
    weak.ends(0)
    process = scene.run("read", "--io", "keyboard-display", "shed", "2a58")
    one_sentence(process, 1, r"Insufficient Authentication \(0x05\)", "level 2", "kith pair --again --level")
    require(len(re.findall(PAIRED, server.out)) == 1, "it was paired with again")


@case("read: what the owner has to allow is not paired for: no is Insufficient Authorization, yes is the value", seconds=6)
def authorized(scene):
    server = shed(scene)
    process = scene.start("read", "shed", "2a59", stdin="ended", name="refused")
    server.expect(r"\[yes/no\]")
    server.say("no")
    process.ends(1)
    one_sentence(process, 1, r"Insufficient Authorization \(0x08\)", "owner has to allow")
    process = scene.start("read", "shed", "2a59", stdin="ended", name="allowed")
    server.expect(r"\[yes/no\]")
    server.say("yes")
    process.ends(0)
    require('"asked"' in process.out and not server.has_said(PAIRED), process.out)


@case("read: a server that stops in the middle of listening: one sentence, and status 1", seconds=5)
def server_stops(scene):
    server = bonded_shed(scene)
    process = scene.start("subscribe", "shed", "2a6e", stdin="ended")
    process.expect("Listening")
    server.stop()
    process.ends(1)
    one_sentence(process, 1, "connection ended while listening to shed")
