"""`kith connect`: a link, how it is, and that nobody is paired with for it."""

import re

from case import case
from scene import *
from sensor import Sensor, events

LINK = r"The link: every (\d+\.\d\d) ms, latency (\d+), timeout (\d+) ms; level (\d)"


def stays(scene, *options, peer="lamp", **how):
    return scene.start("connect", *options, peer, name="connect", **how)


@case("connect tells parameters, level, strength and packet length, stays for --time, and pairs with nobody", 30, 4)
def tells(scene):
    scene.controller()
    lamp, visitor = scene.serve(), stays(scene, "--time", "2")
    require(visitor.expect(LINK).groups() == ("50.00", "0", "4000", "1"), visitor.out)
    visitor.expect(r"The peer is heard at -50 dBm\.")
    visitor.expect(r"up to 251 octets to the peer, 251 from it")
    visitor.ends(0)
    lamp.expect(DISCONNECTED)
    require(not lamp.has_said(r"[Pp]airing and bonding begins|May "), lamp.out)
    require(visitor.err == "" and len(re.findall("dBm", visitor.out)) == 1, f"{visitor.out}{visitor.err}")
    require(not scene.bonds_if_there(scene.pair_store), "a bond was made")


@case("connect wants the parameters it is told, and refuses by name those that do not fit together", 30, 3)
def parameters(scene):
    scene.controller()
    scene.serve()
    visitor = stays(scene, "--interval", "15-20", "--latency", "3", "--timeout", "2000", "--time", "1")
    require(visitor.expect(LINK).groups() == ("20.00", "3", "2000", "1"), visitor.out)
    visitor.ends(0)
    for options, words in ((["--interval", "5"], "interval is 6 to 3200"), (["--interval", "50-30"], "shortest .* above"),
                           (["--latency", "500"], "latency is above 499"), (["--timeout", "50"], "supervision timeout is 10"),
                           (["--latency", "99"], "not above"), (["--interval", "x"], "--interval wants"),
                           (["--interval", "7.5-"], "--interval wants"), (["--phy", "3m"], "--phy is one of"),
                           (["--within", "0"], "--within wants"), (["b"], "one argument too many")):
        usage_error(scene.run("connect", "--hci", "unix:/nowhere", *options, "lamp"), words)
    usage_error(scene.run("connect"), "to whom")


@case("connect to a bonded peer encrypts; by peer:N, its name or a number; a bond that is not there is named", 40, 6)
def bonded(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    for who in ("peer:1", "1", "lamp"):
        visitor = stays(scene, "--time", "1", peer=who)
        visitor.expect(ENCRYPTED)
        require(visitor.expect(LINK)[4] == "4", visitor.out)
        visitor.ends(0)
    one_sentence(scene.run("connect", "peer:2"), 1, "no bond with the number 2")


@case("Ctrl-C ends connect in order: the lamp is told, and goes on", 20, 2)
def interrupted(scene):
    scene.controller()
    lamp, visitor = scene.serve(), stays(scene, terminal=True)
    visitor.expect(LINK)
    visitor.interrupt()
    visitor.ends(130)
    one_sentence(visitor, 130, "stopped by Ctrl-C while staying with lamp")
    lamp.expect(DISCONNECTED + " Remote User Terminated")
    require(lamp.status() is None, "the lamp has gone")


@case("connect: a peer that leaves, and one that is not there, are said in one sentence", 30, 3)
def left_alone(scene):
    sensor = Sensor(scene)
    visitor = stays(scene, peer="sensor")
    visitor.expect(LINK)
    scene.crew.wait(lambda: sensor.air.handle is not None, LIMIT_S, "the sensor's link")
    sensor.air.disconnect()
    visitor.ends(1)
    one_sentence(visitor, 1, "the connection ended while staying with sensor: Remote User Terminated")
    one_sentence(scene.run("connect", "--within", "1", "nobody"), 1, "'nobody' was not heard in 1 s")


@case("connect by a service that two devices have is refused with both addresses", 20, 3)
def ambiguous(scene):
    visitor = scene.run("connect", "--hci", "sim:3", "180d")
    one_sentence(visitor, 1, r"two devices are '180d': [0-9A-F:]{17} \((random|public)\) and [0-9A-F:]{17} \((random|public)\); say by address")


@case("connect --json: an object for each event, link, rssi and data-length among them", 30, 3)
def json_objects(scene):
    scene.controller()
    scene.serve()
    visitor = scene.run("connect", "--json", "--time", "3", "lamp")
    require(visitor.status() == 0, visitor.err)
    link, = events(visitor, "link")
    require((link["interval_1250us"], link["level"], link["level_name"]) == (40, 1, "not encrypted"), f"{link}")
    require({one["rssi"] for one in events(visitor, "rssi")} == {-50} and len(events(visitor, "rssi")) == 2, visitor.out)
    require(events(visitor, "data-length")[-1]["rx_octets"] == 251, visitor.out)


@case("connect --phy: both sides change to it, and that is told; a controller without it is named", 30, 3)
def phy(scene):
    scene.controller("--core", "5.4")
    scene.serve()
    visitor = stays(scene, "--phy", "2m", "--time", "2")
    visitor.expect(r"The PHY is LE 2M\.")
    visitor.ends(0)
    asked, = [one for one in events(scene.run("connect", "--json", "--phy", "coded", "--time", "1", "lamp"), "phy")]
    require((asked["asked"], asked["tx_phy"], asked["rx_phy"]) == (True, "LE Coded", "LE Coded"), f"{asked}")
    one_sentence(scene.run("connect", "--hci", "sim", "--phy", "2m", "--time", "1", "lamp"), 1, "has not the PHY that --phy wants")
