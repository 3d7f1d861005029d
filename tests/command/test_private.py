"""--private: nobody but bonded peers recognises the device."""

import json

from case import case
from scene import *

SEEN_AS = r"This device is seen as ([0-9A-F:]{17})\."
CYCLE_S = "2"  # real time, so the shortest in which a command can be found, paired with and left


def is_resolvable(address):
    return int(address[:2], 16) >> 6 == 1


def octets(address):
    """As on air."""
    return bytes.fromhex(address.replace(":", ""))[::-1]


def identity_of_peer(scene):
    """Of the lamp, as the phone was given it."""
    bond, = scene.bonds(scene.pair_store)
    return bond["identity"]


@case("serve --private: the identity's address is never on air, others change, and bonded peers find it after each", 60, 9)
def lamp_changes(scene):
    radio = scene.controller("--pcap", scene.path("air.pcap"))
    lamp = scene.serve("--private-cycle", CYCLE_S)
    pair_by_number(scene, lamp)
    seen = []
    for turn in range(2):
        lamp.expect(SEEN_AS)
        visitor = scene.start("connect", "--time", "1", "peer:1", name=f"connect {turn}")
        seen.append(visitor.expect(CONNECTED)[1])
        visitor.expect(ENCRYPTED)
        visitor.ends(0)
    radio.stop()
    air = scene.path("air.pcap").read_bytes()
    identity = identity_of_peer(scene)
    require(all(map(is_resolvable, seen)) and len(set(seen)) == 2, f"{seen}")
    require(not is_resolvable(identity) and octets(identity) not in air, f"{identity} is on air")
    require(all(octets(address) in air for address in seen), "what was connected to is not in the capture")


@case("pair --private: the lamp sees a resolvable address, another the next time, and knows whose it is", 60, 6)
def phone_changes(scene):
    scene.controller()
    lamp = scene.serve()
    phone, _ = pair_by_number(scene, lamp, "--private")
    first = re.search(CONNECTED, lamp.out)[1]
    again = scene.pair("--private", name="pair again")
    second = lamp.expect(CONNECTED)[1]
    lamp.expect(ENCRYPTED)
    again.ends(0)
    bond, = scene.bonds(scene.serve_store)
    require(is_resolvable(first) and is_resolvable(second) and first != second, f"{first}, {second}")
    require(bond["identity"] not in (first, second) and not is_resolvable(bond["identity"]), f"{bond}")


@case("scan tells which address a bonded peer would have, and finds that peer; a stranger sees an address alone", 60, 6)
def scan_claims(scene):
    scene.controller()
    lamp = scene.serve("--private")
    pair_by_number(scene, lamp)
    friend = scene.run("scan", "--find", "peer:1")
    stranger = scene.run("scan", "--time", "1", "--store", scene.path("other"))
    require(friend.status() == 0 and re.search(r"\(resolvable\) +connectable  'lamp'; claims peer 1$", friend.out.strip()),
            friend.out)
    require("'lamp'" in stranger.out and "claims" not in stranger.out, stranger.out)
    told = [json.loads(line) for line in scene.run("scan", "--json", "--find", "peer:1").out.splitlines()]
    require([one.get("claimed_peer") for one in told if one["event"] == "advertiser"] == [1], f"{told}")


@case("--private-cycle of no time, or too long, is refused by name", 20, 1)
def wrong_use(scene):
    for seconds in ("0", "3601", "x"):
        usage_error(scene.run("serve", "--private-cycle", seconds), "--private-cycle wants")
