"""Passkeys: shown on one terminal and typed on the other, or agreed on and typed on both; legacy pairing by name."""

import json

import bare_central
from case import case
from scene import *

SHOWS, TYPES = ("--io", "display-only"), ("--io", "keyboard-only")


def other_than(passkey):
    return f"{int(passkey) ^ 1:06}"


def begun(scene, lamp_io, phone_io, *options, **how):
    """Both at the passkey: (lamp, phone, the six digits that one of them shows)."""
    scene.controller()
    lamp, phone = scene.serve(*lamp_io, **how), scene.pair(*phone_io, *options, **how)
    shows, types = (lamp, phone) if lamp_io is SHOWS else (phone, lamp)
    passkey = shows.expect(PASSKEY_SHOWN)[1]
    types.expect(PASSKEY_WANTED)
    return lamp, phone, passkey


def ends_paired(scene, lamp, phone):
    phone.expect(READ)
    phone.ends(0)
    lamp.expect(BONDED)
    for store in (scene.pair_store, scene.serve_store):
        (bond,) = scene.bonds(store)
        require(bond["method"] == "Passkey Entry" and bond["level"] == 4 and bond["secure_connections"], f"{bond}")


def ends_unpaired(scene, lamp, phone):
    phone.ends(1)
    one_sentence(phone, 1)
    require(not phone.has_said(READ) and not lamp.has_said(PAIRED), "they are paired")
    for store in (scene.pair_store, scene.serve_store):
        require(scene.bonds(store) == [], f"{store.name} has a bond")


@case("the lamp shows a passkey, the phone's person types it: an authenticated bond, used the next time", seconds=4)
def lamp_shows(scene):
    lamp, phone, passkey = begun(scene, SHOWS, TYPES, "--level", "sc-authenticated")
    phone.say(passkey)
    ends_paired(scene, lamp, phone)
    again = scene.pair(*TYPES, "--level", "sc-authenticated", name="pair again")
    again.expect(ENCRYPTED)
    again.expect(READ)
    again.ends(0)
    require(not again.has_said(PAIRED) and not again.has_said(PASSKEY_WANTED), "it paired a second time")


@case("the phone shows a passkey, the lamp's person types it, in groups", seconds=3)
def phone_shows(scene):
    lamp, phone, passkey = begun(scene, TYPES, SHOWS)
    lamp.say(f"{passkey[:3]} {passkey[3:]}")
    ends_paired(scene, lamp, phone)


@case("nobody can show anything: people agree on six digits, and both type them", seconds=3)
def both_type(scene):
    scene.controller()
    lamp, phone = scene.serve(*TYPES), scene.pair(*TYPES)
    for side in (lamp, phone):
        side.expect(PASSKEY_AGREED)
        side.say("012-345")
    ends_paired(scene, lamp, phone)


@case("a passkey comes from a pipe as well as from a terminal", seconds=3)
def passkey_from_pipe(scene):
    lamp, phone, passkey = begun(scene, SHOWS, TYPES, terminal=False)
    phone.say(passkey)
    ends_paired(scene, lamp, phone)


@case("a wrong passkey typed on the phone: nobody is paired, both are told; the next time it is another one", seconds=8)
def wrong_on_phone(scene):
    lamp, phone, passkey = begun(scene, SHOWS, TYPES)
    phone.say(other_than(passkey))
    lamp.expect("does not match what it committed to")
    ends_unpaired(scene, lamp, phone)
    require(phone.has_said("Confirm Value Failed"), "the phone does not say what the lamp said")
    scene.crew.pause(AFTER_A_FAILURE_S)
    phone = scene.pair(*TYPES, name="pair again")
    another = lamp.expect(PASSKEY_SHOWN)[1]
    require(another != passkey, "the same passkey twice")
    phone.expect(PASSKEY_WANTED)
    phone.say(another)
    ends_paired(scene, lamp, phone)


@case("a wrong passkey, and at once another try: the lamp tells the phone to wait", seconds=4)
def wrong_and_at_once_again(scene):
    lamp, phone, passkey = begun(scene, SHOWS, TYPES)
    phone.say(other_than(passkey))
    ends_unpaired(scene, lamp, phone)
    phone = scene.pair(*TYPES, name="pair again")
    phone.ends(1)
    one_sentence(phone, 1, "Repeated Attempts")


@case("a wrong passkey typed on the lamp: nobody is paired, and both are told", seconds=3)
def wrong_on_lamp(scene):
    lamp, phone, passkey = begun(scene, TYPES, SHOWS)
    lamp.say(other_than(passkey))
    lamp.expect("does not match what it committed to")
    ends_unpaired(scene, lamp, phone)


@case("no instead of digits: the phone's person gives up, and both are told", seconds=3)
def no_on_phone(scene):
    lamp, phone, _ = begun(scene, SHOWS, TYPES)
    phone.say("no")
    lamp.expect("Passkey Entry Failed")
    ends_unpaired(scene, lamp, phone)
    require(phone.has_said(PASSKEY_CANCELLED), "the phone does not say who gave up")


@case("no instead of digits on the lamp, and it goes on", seconds=3)
def no_on_lamp(scene):
    lamp, phone, _ = begun(scene, TYPES, SHOWS)
    lamp.say("n")
    lamp.expect(PASSKEY_CANCELLED)
    ends_unpaired(scene, lamp, phone)
    require(phone.has_said("Passkey Entry Failed"), "the phone does not say what the lamp said")
    require(lamp.status() is None, "the lamp has gone")


@case("what is not six digits is asked about again, and is no answer", seconds=3)
def not_six_digits(scene):
    lamp, phone, passkey = begun(scene, SHOWS, TYPES)
    for line in ("", "yes", passkey[:5], f"{passkey}0"):
        phone.say(line)
        phone.expect("type the six digits")
        phone.expect(PASSKEY_WANTED)
    scene.crew.pause(0.3)
    require(phone.status() is None and not lamp.has_said("failed|does not match"), "it was an answer")
    phone.say(passkey)
    ends_paired(scene, lamp, phone)


@case("no six digits, again and again, is a no in the end", seconds=3)
def never_six_digits(scene):
    lamp, phone, _ = begun(scene, SHOWS, TYPES)
    for _ in range(10):
        phone.say("perhaps")
    ends_unpaired(scene, lamp, phone)


@case("nobody can type: the passkey is refused at once, and said", seconds=3)
def nobody_types(scene):
    scene.controller()
    lamp = scene.serve(*SHOWS)
    phone = scene.pair(*TYPES, terminal=False, stdin="ended")
    ends_unpaired(scene, lamp, phone)
    require(phone.has_said(NOBODY_THERE), "it does not say that nobody is there")


@case("Ctrl-C where the passkey is asked for: the lamp that shows it is told, and goes on", seconds=8)
def interrupted_while_typing(scene):
    lamp, phone, _ = begun(scene, SHOWS, TYPES)
    phone.interrupt()
    phone.ends(130)
    lamp.expect(DISCONNECTED)
    scene.crew.pause(AFTER_A_FAILURE_S)
    phone = scene.pair(*TYPES, name="pair again")
    passkey = lamp.expect(PASSKEY_SHOWN)[1]
    phone.expect(PASSKEY_WANTED)
    phone.say(passkey)
    ends_paired(scene, lamp, phone)


@case("Ctrl-C where the passkey is shown: the lamp's question is withdrawn, and digits answer nothing", seconds=4)
def interrupted_while_showing(scene):
    lamp, phone, passkey = begun(scene, TYPES, SHOWS)
    phone.interrupt()
    phone.ends(130)
    lamp.expect(WITHDRAWN)
    lamp.say(passkey)
    scene.crew.pause(0.3)
    require(lamp.status() is None and not lamp.has_said(PAIRED), "the lamp has gone, or paired")


@case("--json: passkey-shown has six digits, passkey-wanted is answered by a line", seconds=3)
def passkey_in_json(scene):
    scene.controller(terminal=False)
    lamp = scene.serve("--json", *SHOWS, terminal=False)
    phone = scene.pair("--json", *TYPES, terminal=False)
    shown = json.loads(lamp.expect(r'\{"event":"passkey-shown"[^\n]*\n')[0])
    require(re.fullmatch(r"\d{6}", shown["passkey"]), f"{shown}")
    wanted = json.loads(phone.expect(r'\{"event":"passkey-wanted"[^\n]*\n')[0])
    require(wanted["both_type"] is False and "passkey" not in wanted, f"{wanted}")
    phone.say(shown["passkey"])
    ends_paired(scene, lamp, phone)


# Legacy: two of ours have something better, so a bare central asks.


def answered(scene, *options):
    """(the lamp, what it answers to a central of legacy pairing alone)."""
    radio, lamp = scene.controller(), scene.serve("--json", *options)
    address = json.loads(re.search(r'\{"event":"ready"[^\n]*\n', lamp.out)[0])["address"]
    return lamp, bare_central.pairing_answered(radio.listens_at, address, bare_central.LEGACY)


@case("a central of legacy pairing alone is refused, for its authentication requirements", seconds=2)
def legacy_refused(scene):
    lamp, answer = answered(scene)
    require(answer == bare_central.AUTHENTICATION_REQUIREMENTS, f"it was answered {answer.hex()}")
    lamp.expect(r'"why":"sc-required"')


@case("--legacy: a central of legacy pairing alone is answered", seconds=2)
def legacy_allowed(scene):
    _, answer = answered(scene, "--legacy")
    require(answer[0] == bare_central.PAIRING_RESPONSE, f"it was answered {answer.hex()}")


@case("--legacy: where a level wants an authenticated key, legacy pairing is refused all the same", seconds=2)
def legacy_below_level(scene):
    lamp, answer = answered(scene, "--legacy", "--level", "sc-authenticated")
    require(answer == bare_central.AUTHENTICATION_REQUIREMENTS, f"it was answered {answer.hex()}")


@case("--legacy on both sides: they have something better, and use it", seconds=3)
def legacy_not_needed(scene):
    scene.controller()
    lamp = scene.serve("--legacy", *SHOWS)
    phone = scene.pair("--legacy", *TYPES)
    phone.expect(PASSKEY_WANTED)
    phone.say(lamp.expect(PASSKEY_SHOWN)[1])
    ends_paired(scene, lamp, phone)
