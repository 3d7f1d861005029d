"""read and write of values that need a secure link: pairing where it is needed, by the same questions, and never
silently where a bond stands."""

from case import case
from scene import *
from sensor import events

STATE = "5a3c2f10-7d0e-4e1b-9c55-4b6974680002"
NOTE = "5a3c2f10-7d0e-4e1b-9c55-4b6974680003"
PAIRING = r"Does the other device show|Paired"


def read(scene, *options, what=STATE, peer="lamp", name="read", **how):
    return scene.start("read", *options, peer, what, terminal=True, name=name, **how)


@case("read: an open value of a lamp needs no pairing", seconds=4)
def open_value(scene):
    scene.controller()
    scene.serve()
    process = scene.run("read", "lamp", "2a00")
    require(process.status() == 0 and '"lamp"' in process.out, process.err)
    require(not re.search(PAIRING, process.out), "it was paired with")


@case("read: a protected value pairs by the number on both terminals, and is read then; the bond serves next time",
      seconds=6)
def on_demand(scene):
    scene.controller()
    lamp = scene.serve()
    first = read(scene)
    compare(lamp, first)
    first.expect(BONDED)
    first.expect(rf'{STATE} at 0x[0-9a-f]+ is "{VALUE}"')
    first.ends(0)
    lamp.expect(BONDED)
    again = scene.run("read", "lamp", STATE, name="again")
    require(again.status() == 0 and re.search(ENCRYPTED, again.out) and VALUE in again.out, again.err)
    require(not re.search(PAIRING, again.out), "it was paired with again")
    by_number = scene.run("read", "1", STATE, name="by number of the bond")
    require(by_number.status() == 0 and VALUE in by_number.out, by_number.err)


@case("read: by a passkey typed on its terminal", seconds=6)
def by_passkey(scene):
    scene.controller()
    lamp = scene.serve("--io", "display-only")
    process = read(scene, "--io", "keyboard-only")
    process.expect(PASSKEY_WANTED)
    process.say(lamp.expect(PASSKEY_SHOWN)[1])
    process.expect(READ)
    process.ends(0)


@case("read: a bond of `kith pair' is used, and one of read by `kith pair'", seconds=7)
def one_store(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    process = scene.run("read", "lamp", STATE)
    require(process.status() == 0 and re.search(ENCRYPTED, process.out), process.err)
    require(len(scene.bonds(scene.pair_store)) == 1, "not one bond")


@case("read: no to the number: not read, nothing is kept, and one sentence says why", seconds=5)
def refused_number(scene):
    scene.controller()
    lamp = scene.serve()
    process = read(scene)
    compare(lamp, process, "no")
    process.ends(1)
    one_sentence(process, 1, "not paired with 'lamp'", NUMBER_REFUSED)
    require(VALUE not in process.out and scene.bonds(scene.pair_store) == [], "something was kept")


@case("read: --level authenticated, where nobody can look at a number: not read", seconds=5)
def level_unreachable(scene):
    scene.controller()
    scene.serve()
    process = scene.run("read", "--level", "authenticated", "lamp", STATE)
    one_sentence(process, 1, "not paired with 'lamp'")
    require(VALUE not in process.out, process.out)


@case("read --no-pair: a protected value is refused by its name, and the lamp sees no pairing", seconds=5)
def no_pair(scene):
    scene.controller()
    lamp = scene.serve()
    one_sentence(scene.run("read", "--no-pair", "lamp", STATE), 1, "Insufficient Authentication", "--no-pair")
    require(not lamp.has_said(PAIRING), lamp.out)


@case("read --no-pair: a bond that stands is used", seconds=6)
def no_pair_bonded(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    process = scene.run("read", "--no-pair", "lamp", STATE)
    require(process.status() == 0 and VALUE in process.out, process.err)


def lamp_without_its_bond(scene):
    """Paired; then the lamp has lost its bond, and is there again."""
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    require(lamp.stop() == 0, "the lamp did not leave")
    for bond in scene.bonds(scene.serve_store):
        forgotten = scene.run("bonds", "forget", str(bond["peer"]), "--store", scene.serve_store)
        require(forgotten.status() == 0, forgotten.err)
    return scene.serve(name="serve, without its bond")


@case("read: the lamp has lost its bond, nobody is there: not read, not paired anew, not asked in plain; the bond stays",
      seconds=7)
def lost_bond(scene):
    scene.controller()
    lamp = lamp_without_its_bond(scene)
    for options in ((), ("--no-pair",), ("--yes",)):
        process = scene.run("read", *options, "lamp", "2a00", STATE)
        one_sentence(process, 1, "not encrypted with 'lamp'", PEER_SAYS_NO_KEY, "kith pair --again")
        require(" is \"" not in process.out, f"something was read with {options}: {process.out}")
    require(not lamp.has_said(PAIRING), lamp.out)
    require(len(scene.bonds(scene.pair_store)) == 1, "the bond has gone")


@case("read: the lamp has lost its bond, a person is asked; no keeps it, yes pairs anew and reads", seconds=9)
def lost_bond_asked(scene):
    scene.controller()
    lamp = lamp_without_its_bond(scene)
    process = read(scene, name="no")
    process.expect(r"Pair again\?.*\[yes/no\]")
    process.say("no")
    process.ends(1)
    one_sentence(process, 1, "not paired again with 'lamp'")
    process = read(scene, name="yes")
    process.expect(r"Pair again\?.*\[yes/no\]")
    process.say("yes")
    compare(lamp, process)
    process.expect(READ)
    process.ends(0)


@case("read --no-pair: the lamp has lost its bond, and nobody is asked whether to pair again", seconds=7)
def lost_bond_no_pair(scene):
    scene.controller()
    lamp_without_its_bond(scene)
    process = read(scene, "--no-pair")
    process.ends(1)
    one_sentence(process, 1, "not encrypted with 'lamp'")
    require("Pair again" not in process.out, process.out)


@case("read: who takes a bonded lamp's name without its address is not read instead of it", seconds=7)
def impostor(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    require(lamp.stop() == 0, "the lamp did not leave")
    scene.serve("--store", "none", name="another lamp")
    process = scene.run("read", "--timeout", "3", "1", "2a00")
    one_sentence(process, 1, "'1' was not heard in 3 s, only others were")


@case("write: a note that needs a secure link is paired for, written, and there to be read", seconds=6)
def write_protected(scene):
    scene.controller()
    lamp = scene.serve()
    process = scene.start("write", "lamp", NOTE, "dim at ten", terminal=True)
    compare(lamp, process)
    process.expect(r"10 octets written")
    process.ends(0)
    back = scene.run("read", "--json", "lamp", NOTE)
    require([v["text"] for v in events(back, "value")] == ["dim at ten"], back.out)


@case("write --command to a bonded lamp goes over the encrypted link", seconds=6)
def write_command_bonded(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    process = scene.run("write", "--json", "lamp", NOTE, "x" * 65)
    one_sentence(process, 1, r"Invalid Attribute Value Length \(0x0d\)")


@case("write --signed over an encrypted link, or without a signing key, is refused here", seconds=6)
def write_signed(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    one_sentence(scene.run("write", "--signed", "lamp", NOTE, "x"), 1, "no bond with a signing key", "--signing")
    process = scene.start("write", "--signed", "--level", "2", "lamp", NOTE, "x", terminal=True, name="encrypted")
    process.ends(1)


@case("write --signed: with a bond made with --signing it goes out, in plain, once", seconds=7)
def write_signed_bonded(scene):
    scene.controller()
    lamp = scene.serve("--signing")
    pair_by_number(scene, lamp, "--signing")
    process = scene.run("write", "--signed", "--json", "lamp", "0x0012", "x")
    require(process.status() == 0, process.err)
    require([v["way"] for v in events(process, "value-written")] == ["signed"], process.out)
    require(not any(e["event"] == "encrypted" for e in events(process)), "it was encrypted")


@case("read: Ctrl-C at the number: 130, and the lamp is told", seconds=5)
def stopped_at_number(scene):
    scene.controller()
    lamp = scene.serve()
    process = read(scene)
    process.expect(NUMBER)
    process.interrupt()
    process.ends(130)
    lamp.expect(DISCONNECTED)


@case("read --json: lines alone on stdout, each an object, with the questions among them", seconds=5)
def json_lines(scene):
    scene.controller()
    lamp = scene.serve()
    process = scene.start("read", "--json", "--io", "keyboard-display", "lamp", STATE)
    number = re.search(r'"number":"(\d{6})"', process.expect(r'\{"event":"comparison-wanted"[^\n]*\n')[0])[1]
    require(lamp.expect(NUMBER)[1] == number, "two numbers")
    lamp.say("yes")
    process.say("yes")
    process.ends(0)
    told = events(process)
    kinds = [e["event"] for e in told]
    require(kinds.index("paired") < kinds.index("value"), f"{kinds}")
    require([e["text"] for e in events(process, "value")] == [VALUE], process.out)


@case("info, read, write and subscribe on a radio of their own (--hci sim)", seconds=8)
def on_sim(scene):
    require("Generic Access" in scene.run("info", "--hci", "sim", "lamp").out, "info")
    require(VALUE in scene.run("read", "--hci", "sim", "lamp", STATE).out, "read")
    require("written" in scene.run("write", "--hci", "sim", "lamp", NOTE, "x").out, "write")
    one_sentence(scene.run("subscribe", "--hci", "sim", "lamp", STATE), 1, "never notified")
