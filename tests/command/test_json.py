"""For programs: every line of stdout is one JSON object, answers are lines."""

import json

from case import case
from scene import *


def objects(process):
    """All it said, as objects; anything else on stdout is a failure."""
    lines = process.raw_out.decode().split("\n")
    require(lines[-1] == "", "the last line has no end")
    found = [json.loads(line) for line in lines[:-1]]
    require(all(isinstance(o, dict) and "event" in o for o in found), "an object without an event")
    return found


def named(process, event):
    return [o for o in objects(process) if o["event"] == event]


def json_pair(scene, *options, lamp_options=(), answers=True):
    """Both in JSON on pipes; returns (lamp, phone) after the phone's end."""
    scene.controller(terminal=False)
    lamp = scene.serve("--json", *lamp_options, terminal=False)
    phone = scene.pair("--json", *options, terminal=False)
    if answers:
        for side in (lamp, phone):
            side.expect(r'"event":"comparison-wanted"[^\n]*\n')
        for side in (lamp, phone):
            side.say("yes")
    phone.ends()
    return lamp, phone


IO = ("--io", "display-yes-no")


@case("--json: everything is an object a line, the number has six digits, a line answers it", seconds=3)
def all_json(scene):
    lamp, phone = json_pair(scene, *IO, lamp_options=IO)
    require(phone.status() == 0, phone.err)
    wanted = [named(side, "comparison-wanted")[0] for side in (lamp, phone)]
    require(wanted[0]["number"] == wanted[1]["number"], "two numbers")
    require(re.fullmatch(r"\d{6}", wanted[0]["number"]), f"the number is {wanted[0]['number']!r}")
    require(f"Does the other device show {wanted[1]['number']}? [yes/no]" in wanted[1]["sentence"], "another sentence")
    require(named(phone, "paired") and named(phone, "bonded"), "no paired, no bonded")
    require(any(VALUE.encode().hex() in json.dumps(o) for o in objects(phone)), "the value is not there in hex")
    lamp.stop()
    objects(lamp)
    again = scene.run("serve", "--json", "--hci", "unix:/nonexistent")
    objects(again) if again.out else None
    one_sentence(again, 1)


@case("--json on a terminal too: no editor, plain lines", seconds=3)
def json_on_terminal(scene):
    scene.controller()
    lamp, phone = scene.serve("--json"), scene.pair("--json")
    for side in (lamp, phone):
        side.expect(r'"comparison-wanted"')
    for side in (lamp, phone):
        side.say("yes")
    phone.ends(0)
    require("\x1b" not in phone.raw_out.decode(), "escape sequences in JSON")


@case("consent asked in JSON, refused by a line: nobody pairs", seconds=3)
def consent_refused(scene):
    scene.controller(terminal=False)
    lamp = scene.serve("--json", "--window", "0", terminal=False)
    phone = scene.pair("--json", terminal=False)
    lamp.expect(r'"event":"consent-wanted"[^\n]*\n')
    question = named(lamp, "consent-wanted")[0]
    require(re.search(CONSENT, question["sentence"]), f"the sentence is {question['sentence']!r}")
    lamp.say("no")
    phone.ends(1)
    one_sentence(phone, 1)
    lamp.stop()
    require(named(lamp, "pairing-failed")[0]["why"] == "consent-refused", "another reason")


@case("consent asked on a terminal by the peer's address, given, and the value is read", seconds=3)
def consent_given(scene):
    scene.controller()
    lamp = scene.serve("--window", "0")
    phone = scene.pair()
    require(lamp.expect(CONSENT)[2] == "random", "not the kept address")
    lamp.say("yes")
    compare(lamp, phone)
    phone.expect(READ)
    phone.ends(0)


@case("--yes consents to pairing, and does not answer a number", seconds=4)
def yes_is_not_for_numbers(scene):
    scene.controller()
    lamp = scene.serve("--window", "0", "--yes", *IO, terminal=False, stdin="ended")
    phone = scene.pair()
    lamp.expect("--yes")
    phone.expect(NUMBER)
    phone.say("yes")
    phone.ends(1)
    require(not phone.has_said(READ), "the value was read")
    lamp.expect(NUMBER_REFUSED)
    require(scene.bonds(scene.serve_store) == [], "there is a bond")


@case("--yes lets a device pair without a person outside the window, by Just Works", seconds=3)
def yes_consents(scene):
    scene.controller()
    scene.serve("--window", "0", "--yes", "--io", "none", terminal=False, stdin="ended")
    phone = scene.run("pair", "--yes", "lamp")
    require(phone.status() == 0 and phone.has_said(READ), phone.out + phone.err)


@case("a closed window and nobody to ask: refused by name", seconds=3)
def closed(scene):
    scene.controller()
    lamp = scene.serve("--window", "0", terminal=False, stdin="ended")
    phone = scene.run("pair", "lamp")
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "the value was read")
    lamp.expect("Pairing is closed|refused|not allowed")
    require(scene.bonds(scene.serve_store) == [], "there is a bond")


@case("--insecure-confirm says yes unseen; the bond is unauthenticated and `kith bonds show' says so", seconds=4)
def insecure_confirm(scene):
    options = (*IO, "--insecure-confirm")
    _, phone = json_pair(scene, *options, lamp_options=options, answers=False)
    require(phone.status() == 0, phone.err)
    for store in (scene.pair_store, scene.serve_store):
        bond = scene.bonds(store)[0]
        require(bond["confirmed_unseen"] is True and bond["level"] == 2, f"{store.name}: {bond}")
        require(bond["method"] == "Numeric Comparison", f"{store.name}: {bond}")
        shown = scene.run("bonds", "show", str(bond["peer"]), "--store", store)
        require("confirmed unseen" in shown.out, f"show does not say so: {shown.out}")
        listed = scene.run("bonds", "list", "--store", store)
        require("confirmed unseen" in listed.out, f"list does not say so: {listed.out}")


@case("one side looked, the other confirmed unseen: each bond says what its own side did", seconds=4)
def half_seen(scene):
    scene.controller(terminal=False)
    lamp = scene.serve()
    phone = scene.start("pair", *IO, "--insecure-confirm", "lamp", stdin="ended")
    lamp.expect(NUMBER)
    lamp.say("yes")
    phone.ends(0)
    require(scene.bonds(scene.pair_store)[0]["confirmed_unseen"] is True, "the phone's bond")
    require(scene.bonds(scene.serve_store)[0]["confirmed_unseen"] is False, "the lamp's bond")


@case("--level authenticated: a lamp asked by number gives an authenticated bond", seconds=4)
def authenticated(scene):
    scene.controller()
    lamp = scene.serve("--level", "sc-authenticated")
    pair_by_number(scene, lamp, "--level", "authenticated")
    for store in (scene.pair_store, scene.serve_store):
        bond = scene.bonds(store)[0]
        require(bond["level"] >= 3 and bond["confirmed_unseen"] is False and bond["key_size"] == 16, f"{bond}")
        require("made" in bond, f"no time in {bond}")
        require("ltk" not in json.dumps(bond).lower() and "irk" not in json.dumps(bond).lower(), "keys are shown")


@case("kith bonds: list, show by number and by address in either case, forget; each names who it is about", seconds=4)
def bonds_command(scene):
    scene.controller()
    pair_by_number(scene, scene.serve())
    listed = scene.run("bonds", "list")
    bond = scene.bonds(scene.pair_store)[0]
    require(listed.status() == 0 and bond["identity"] in listed.out and "Numeric Comparison" in listed.out, listed.out)
    for who in (str(bond["peer"]), bond["identity"], bond["identity"].lower()):
        shown = scene.run("bonds", "show", who)
        require(shown.status() == 0 and bond["identity"] in shown.out, f"show {who}: {shown.out}{shown.err}")
    one_sentence(scene.run("bonds", "show", "77"), 1, "77")
    one_sentence(scene.run("bonds", "forget", "C0:00:00:00:00:77"), 1, "C0:00:00:00:00:77")
    gone = scene.run("bonds", "forget", str(bond["peer"]))
    require(gone.status() == 0 and bond["identity"] in gone.out, gone.out + gone.err)
    empty = scene.run("bonds", "list")
    require(empty.status() == 0 and "No bonds" in empty.out, empty.out)
    one_sentence(scene.run("bonds", "forget", str(bond["peer"])), 1)


@case("kith bonds forget destroys the keys: their octets are nowhere in the file any more", seconds=4)
def forget_destroys(scene):
    scene.controller()
    lamp = scene.serve("--show-keys", "--json", *IO, terminal=False)
    phone = scene.pair("--show-keys", "--json", *IO, terminal=False)
    for side in (lamp, phone):
        side.expect(r'"comparison-wanted"[^\n]*\n')
        side.say("yes")
    phone.ends(0)
    ltk = bytes.fromhex(named(phone, "bonded")[0]["ltk"])
    def is_there():
        octets = scene.pair_store.read_bytes()
        return ltk in octets or ltk[::-1] in octets
    require(is_there(), "the key was never in the file: this test can't tell")
    require(scene.run("bonds", "forget", "1").status() == 0, "it was not forgotten")
    require(not is_there(), "the key is still in the file")


@case("list and show work while the lamp runs; forget says that the store is in use", seconds=4)
def bonds_while_serving(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    require(len(scene.bonds(scene.serve_store)) == 1, "not listed")
    refused = scene.run("bonds", "forget", "1", "--store", scene.serve_store)
    one_sentence(refused, 1, "in use", "serve-lamp")
    require(lamp.status() is None and len(scene.bonds(scene.serve_store)) == 1, "the bond has gone")
