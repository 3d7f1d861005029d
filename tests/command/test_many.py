"""Ten hosts in ten processes."""

import air
from case import case
from scene import *

PAIRS = 5


def ten(scene):
    lamps = [scene.serve("--name", f"lamp-{n}", "--store", scene.path(f"lamp-{n}"), name=f"serve {n}")
             for n in range(PAIRS)]
    phones = [scene.pair("--store", scene.path(f"phone-{n}"), peer=f"lamp-{n}", name=f"pair {n}")
              for n in range(PAIRS)]
    return lamps, phones


@case("ten hosts in ten processes on one controller pair two by two at the same time, and meet again encrypted", 90, 15)
def ten_hosts(scene):
    radio = scene.controller("--pcap", scene.path("air.pcap"))
    lamps, phones = ten(scene)
    shown = [compare(lamp, phone) for lamp, phone in zip(lamps, phones)]
    for phone in phones:
        phone.expect(PAIRED)
        phone.expect(READ)
        phone.ends(0)
    for n in range(PAIRS):
        require(len(scene.bonds(scene.path(f"lamp-{n}"))) == 1 == len(scene.bonds(scene.path(f"phone-{n}"))),
                f"not one bond on each side of pair {n}")
    again = [scene.pair("--store", scene.path(f"phone-{n}"), peer=f"lamp-{n}", name=f"pair {n} again")
             for n in range(PAIRS)]
    for phone in again:
        phone.expect(ENCRYPTED)
        phone.expect(READ)
        phone.ends(0)
    radio.stop()
    require(sorted(air.numbers(scene.path("air.pcap"))) == sorted(shown), "other numbers on air than on the terminals")


@case("five phones at one lamp at once: whoever finds no link free waits for one, and all are paired", 90, 10)
def five_phones(scene):
    scene.controller()
    lamp = scene.serve("--window", "0", "--io", "none", "--yes")
    phones = [scene.pair("--io", "none", "--store", scene.path(f"phone-{n}"), name=f"pair {n}", terminal=False)
              for n in range(PAIRS)]
    for phone in phones:
        phone.expect(READ, limit_s=40)
        phone.ends(0)
    require(len(scene.bonds(scene.serve_store)) == PAIRS, "not five bonds")
    require(lamp.status() is None, "the lamp has gone")


@case("two phones ask at once: the lamp's person is asked about one after the other, by address, and answers each", 60, 5)
def two_questions(scene):
    scene.controller()
    lamp = scene.serve("--window", "0", "--io", "none")
    phones = [scene.pair("--io", "none", "--store", scene.path(f"phone-{n}"), name=f"pair {n}", terminal=False)
              for n in range(2)]
    owner = {}
    for phone in phones:
        phone.expect(CONNECTED)
        owner[re.search(r"controller is up: ([0-9A-F:]{17})", phone.out)[1]] = phone
    refused = owner.pop(lamp.expect(CONSENT)[1])
    scene.crew.pause(0.5)
    require(len(set(re.findall(CONSENT, lamp.out))) == 1, "two questions at once")
    lamp.say("no")
    (address, taken), = owner.items()
    lamp.expect(rf"May {address} \(random\) pair\? \[yes/no\]")
    lamp.say("yes")
    refused.ends(1)
    one_sentence(refused, 1)
    taken.expect(READ)
    taken.ends(0)
    require(len(scene.bonds(scene.serve_store)) == 1, "not one bond")
