"""kill -9 of anybody at any step; then what has ended is started again, and all must be well by itself or by an answer
to a question that names what it is about."""

import signal

import records
from case import case
from scene import *

QUESTIONS = {"number": NUMBER, "consent": CONSENT, "again": AGAIN, "mend": r"[Pp]air again\?.*\[yes/no\]"}
ENOUGH_QUESTIONS = 12
BOND_STANDS = "asked to pair again, and nobody allowed it"


def say_yes_until_read(scene, lamp, phone, limit_s=40):
    """Answers whatever is asked, on either side, until the phone has ended."""
    asked = []

    def look():
        for side in (lamp, phone):
            if side.status() is None and (key := newly_asked(side)):
                asked.append(f"{side.name}: {key}")
                side.say("yes")
        require(len(asked) < ENOUGH_QUESTIONS, f"no end of questions: {asked}")
        return phone.status() is not None

    scene.crew.wait(look, limit_s, "the phone reads the value at last")
    phone.ends()
    return asked


def read_at_last(scene, lamp, phone):
    """As somebody does who wants the value: answers, and tries once more if the lamp still sees the phone that died, and
    so does not believe the one that asks for its place.  Returns (the phone that read, what was asked)."""
    asked = [] if phone.status() is not None else say_yes_until_read(scene, lamp, phone)
    if phone.status() == 1 and lamp.has_said(BOND_STANDS):
        one_sentence(phone, 1)
        while len(re.findall(DISCONNECTED, lamp.out)) < len(re.findall(CONNECTED, lamp.out)):
            lamp.expect(DISCONNECTED)
        phone = scene.pair(name="pair, once more")
        asked += ["once more", *say_yes_until_read(scene, lamp, phone)]
    require(phone.status() == 0 and phone.has_said(READ), f"after {asked}: {phone.status()}, {phone.err.strip()}")
    return phone, asked


def newly_asked(side):
    """The kind of a question that stands at the end of what it said, if it was not answered yet."""
    last = side.out.rstrip(" ").rsplit("\n", 1)[-1]
    seen = getattr(side, "answered_at", -1)
    for key, pattern in QUESTIONS.items():
        for match in re.finditer(pattern, last):
            at = len(side.out) - len(last) + match.end()
            if match.end() >= len(last) - 1 and at > seen + 1:
                side.answered_at = len(side.out)
                return key
    return None


def both_asked(scene, lamp, phone):
    for side in (lamp, phone):
        side.expect(NUMBER)


def until_connected(scene, lamp, phone):
    phone.expect(CONNECTED)


def until_number(scene, lamp, phone):
    both_asked(scene, lamp, phone)


def until_phone_said_yes(scene, lamp, phone):
    both_asked(scene, lamp, phone)
    phone.say("yes")
    scene.crew.pause(0.1)


def until_lamp_said_yes(scene, lamp, phone):
    both_asked(scene, lamp, phone)
    lamp.say("yes")
    scene.crew.pause(0.1)


def until_both_said_yes(scene, lamp, phone):
    both_asked(scene, lamp, phone)
    lamp.say("yes")
    phone.say("yes")


def until_paired(scene, lamp, phone):
    until_both_said_yes(scene, lamp, phone)
    lamp.expect(PAIRED)


def until_phone_bonded(scene, lamp, phone):
    until_both_said_yes(scene, lamp, phone)
    phone.expect(BONDED)


def until_lamp_bonded(scene, lamp, phone):
    until_both_said_yes(scene, lamp, phone)
    lamp.expect(BONDED)


def until_read(scene, lamp, phone):
    until_both_said_yes(scene, lamp, phone)
    phone.expect(READ)


STEPS = {"connected": until_connected, "the number is shown": until_number,
         "the phone said yes": until_phone_said_yes, "the lamp said yes": until_lamp_said_yes,
         "both said yes": until_both_said_yes, "paired": until_paired, "the phone bonded": until_phone_bonded,
         "the lamp bonded": until_lamp_bonded, "the value was read": until_read}
AFTER_ENCRYPTION_MS = (0, 25, 45, 50, 55, 60, 80)  # keys are exchanged, bonds made: in these moments one side may
# have its bond and the other not yet
LATER_STEPS = {"connected again": CONNECTED, "encrypted with the bond": ENCRYPTED, "the value was read again": READ}
VICTIMS = ("controller", "serve", "pair")


def must_hold(scene, lamp, phone):
    """No half bond: both stores are sound, and have what was called bonded."""
    for side, store in ((lamp, scene.serve_store), (phone, scene.pair_store)):
        bonds = scene.bonds_if_there(store)
        require(bonds or not side.has_said(BONDED), f"{side.name} said bonded, and {store.name} has no bond")


def others_end_or_stay(scene, victim, lamp, phone):
    """Nobody hangs: the phone ends by itself; so does a lamp without a controller, with one sentence."""
    if victim == "pair":
        require(lamp.status() is None, f"the lamp ended with {lamp.status()}: {lamp.err}")
        return
    phone.ends(limit_s=45)
    require(phone.status() in (0, 1), f"the phone ended with {phone.status()}")
    if phone.status() == 1:
        one_sentence(phone, 1)
    if victim == "controller":
        lamp.ends(1)
        one_sentence(lamp, 1, "controller")


def start_again(scene, victim, lamp):
    """What has ended; and the phone, as somebody would who wants the value after all."""
    if victim == "controller":
        scene.controller(name="controller again")
    if lamp.status() is not None:
        lamp = scene.serve(name="serve again")
    return lamp, scene.pair(name="pair again")


def kill_and_mend(scene, victim, actors):
    lamp, phone = actors["serve"], actors["pair"]
    actors[victim].kill()
    others_end_or_stay(scene, victim, lamp, phone)
    must_hold(scene, lamp, phone)
    held = bool(scene.bonds_if_there(scene.serve_store)) and bool(scene.bonds_if_there(scene.pair_store))
    lamp, phone = start_again(scene, victim, lamp)
    phone, asked = read_at_last(scene, lamp, phone)
    if held:
        require(asked == [] and phone.has_said(ENCRYPTED), f"both had the bond, and yet: {asked}")
    else:
        require(phone.has_said(PAIRED), "no bond on one side, and it was not told that the two paired")
    for store in (scene.serve_store, scene.pair_store):
        require(len(scene.bonds(store)) == 1, f"{store.name} has not one bond in the end")
    return "the bond held" if held else f"asked: {', '.join(asked)}"


def at_step(victim, step):
    def run(scene):
        actors = {"controller": scene.controller(), "serve": scene.serve()}
        actors["pair"] = scene.pair()
        STEPS[step](scene, actors["serve"], actors["pair"])
        return kill_and_mend(scene, victim, actors)
    return run


def after_encryption(victim, ms):
    def run(scene):
        actors = {"controller": scene.controller(), "serve": scene.serve()}
        actors["pair"] = scene.pair()
        until_both_said_yes(scene, actors["serve"], actors["pair"])
        actors["pair"].expect("The link is encrypted")
        scene.crew.pause(ms / 1000)
        return kill_and_mend(scene, victim, actors)
    return run


@case("a lamp that dies after it gave its keys and before it kept the bond: the phone says so, and is mended by a yes", 60,
      10)
def bond_on_one_side(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    until_both_said_yes(scene, lamp, phone)
    lamp.expect("The link is encrypted")
    scene.crew.pause(0.02)
    lamp.signal(signal.SIGSTOP)
    phone.expect(BONDED)
    lamp.kill()
    phone.ends()
    must_hold(scene, lamp, phone)
    require(scene.bonds(scene.serve_store) == [], "the lamp kept a bond: this test can't tell")
    before = scene.pair_store.read_bytes()
    lamp = scene.serve(name="serve again")
    alone = scene.run("pair", "lamp", name="pair, nobody there")
    one_sentence(alone, 1)
    require(alone.has_said(PEER_SAYS_NO_KEY) and scene.pair_store.read_bytes() == before, "the phone's bond has changed")
    phone = scene.pair(name="pair, somebody there")
    _, asked = read_at_last(scene, lamp, phone)
    require("pair, somebody there: mend" in asked, f"it was not asked whether to pair again: {asked}")


@case("a phone that died, forgot and is back before the lamp noticed: taken or refused by both, never by one alone", 60,
      12)
def back_too_soon(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    until_phone_bonded(scene, lamp, phone)
    phone.kill()
    require(scene.run("bonds", "forget", "1").status() == 0, "not forgotten")
    before = records.bonds(scene.serve_store.read_bytes())
    phone = scene.pair(name="pair, too soon")
    say_yes_until_read(scene, lamp, phone)
    if phone.status() == 1:
        one_sentence(phone, 1)
        require(scene.bonds(scene.pair_store) == [], "the phone has a bond that the lamp refused")
        require(records.bonds(scene.serve_store.read_bytes()) == before, "the lamp's bond has changed")
    phone, _ = read_at_last(scene, lamp, phone)
    last = scene.run("pair", "lamp", name="pair, later")
    require(last.status() == 0 and last.has_said(ENCRYPTED), last.err)


def at_later_step(victim, pattern):
    def run(scene):
        actors = {"controller": scene.controller(), "serve": scene.serve()}
        pair_by_number(scene, actors["serve"])
        actors["pair"] = scene.pair()
        actors["pair"].expect(pattern)
        told = kill_and_mend(scene, victim, actors)
        require(told == "the bond held", f"it did not: {told}")
        return told
    return run


for _victim in VICTIMS:
    for _step in STEPS:
        case(f"kill -9 of {_victim} when {_step}: all is well after starting again", 90, 8)(at_step(_victim, _step))
    for _ms in AFTER_ENCRYPTION_MS:
        case(f"kill -9 of {_victim} {_ms} ms after encryption: no half bond after starting again", 90, 8)(
            after_encryption(_victim, _ms))
    for _step, _pattern in LATER_STEPS.items():
        case(f"kill -9 of {_victim} when {_step}: the bond holds", 90, 8)(at_later_step(_victim, _pattern))
