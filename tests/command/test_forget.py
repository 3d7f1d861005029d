"""One side forgets, or is somebody else.  Nothing is deleted by itself."""

import hashlib
import shutil

import records
from case import case
from scene import *

PAIR_AGAIN = r"[Pp]air again\?.*\[yes/no\]"


def octets(store):
    return hashlib.sha256(store.read_bytes()).hexdigest()


def bonded(scene, *options):
    """A controller, a lamp and a phone that are bonded; the phone has gone.  Returns the lamp."""
    scene.controller()
    lamp = scene.serve(*options)
    pair_by_number(scene, lamp)
    return lamp


def forget(scene, store):
    """By the command, which names whom it forgot."""
    bond = scene.bonds(store)[0]
    done = scene.run("bonds", "forget", bond["identity"], "--store", store)
    require(done.status() == 0 and bond["identity"] in done.out, f"forget: {done.out}{done.err}")
    require(scene.bonds(store) == [], "it is still there")


def lamp_forgets(scene, *options):
    lamp = bonded(scene)
    require(lamp.stop() == 0, "the lamp did not leave in order")
    forget(scene, scene.serve_store)
    return scene.serve(*options, name="serve, which forgot")


@case("the lamp forgot: both say what they see, without a person the phone ends with 1 and names the way out", seconds=6)
def lamp_forgot(scene):
    lamp = lamp_forgets(scene)
    before = octets(scene.pair_store)
    phone = scene.run("pair", "lamp")
    one_sentence(phone, 1)
    require(phone.has_said(PEER_SAYS_NO_KEY), "the phone does not say what the lamp says")
    require("--again" in phone.out + phone.err and "kith bonds forget" in phone.out + phone.err, "no way out is named")
    lamp.expect(WE_HAVE_NO_KEY)
    require(octets(scene.pair_store) == before, "the phone's store has changed")
    require(not phone.has_said(READ), "the value was read")


@case("the lamp forgot: the phone's person is asked, says no, and the bond stays byte for byte", seconds=6)
def lamp_forgot_refused(scene):
    lamp_forgets(scene)
    before = octets(scene.pair_store)
    phone = scene.pair()
    phone.expect(PEER_SAYS_NO_KEY)
    phone.expect(PAIR_AGAIN)
    phone.say("no")
    phone.ends(1)
    one_sentence(phone, 1)
    require(octets(scene.pair_store) == before, "the phone's store has changed")


@case("the lamp forgot: the phone's person is asked, says yes, and a number mends it", seconds=6)
def lamp_forgot_mended(scene):
    lamp = lamp_forgets(scene)
    phone = scene.pair()
    phone.expect(PAIR_AGAIN)
    phone.say("yes")
    compare(lamp, phone)
    phone.expect(READ)
    phone.ends(0)
    last = scene.pair(name="pair, once more")
    last.expect(ENCRYPTED)
    last.ends(0)
    require(len(scene.bonds(scene.pair_store)) == 1, "not one bond")


@case("the lamp forgot: --again pairs without trying the old bond", seconds=6)
def lamp_forgot_again(scene):
    lamp = lamp_forgets(scene)
    phone = scene.pair("--again")
    compare(lamp, phone)
    phone.expect(READ)
    phone.ends(0)
    require(not phone.has_said(PEER_SAYS_NO_KEY), "it tried the old bond")


@case("the phone forgot: the lamp's person is asked by name whether it may pair again, says no, and the bond stays",
      seconds=6)
def phone_forgot_refused(scene):
    lamp = bonded(scene)
    forget(scene, scene.pair_store)
    before = octets(scene.serve_store)
    phone = scene.pair()
    lamp.expect(AGAIN)
    lamp.say("no")
    phone.ends(1)
    one_sentence(phone, 1)
    lamp.expect("A person refused to pair")
    require(octets(scene.serve_store) == before, "the lamp's store has changed")
    require(not phone.has_said(READ), "the value was read")


@case("the phone forgot: the lamp's person says yes, a number is compared, and it is mended", seconds=6)
def phone_forgot_mended(scene):
    lamp = bonded(scene)
    forget(scene, scene.pair_store)
    phone = scene.pair()
    lamp.expect(AGAIN)
    lamp.say("yes")
    compare(lamp, phone)
    phone.expect(READ)
    phone.ends(0)
    require(len(scene.bonds(scene.serve_store)) == 1 == len(scene.bonds(scene.pair_store)), "not one bond on each side")


@case("--yes does not replace a bond that stands", seconds=6)
def yes_replaces_nothing(scene):
    scene.controller()
    lamp = scene.serve("--io", "none")
    require(scene.run("pair", "lamp").status() == 0, "it did not pair")
    lamp.stop()
    forget(scene, scene.pair_store)
    before = octets(scene.serve_store)
    lamp = scene.serve("--yes", "--window", "0", "--io", "none", terminal=False, stdin="ended")
    phone = scene.run("pair", "lamp")
    one_sentence(phone, 1)
    require(octets(scene.serve_store) == before, "the lamp's store has changed")
    require(not phone.has_said(READ), "the value was read")
    lamp.expect(r"pair again\?")


def identity_before_bonding(scene):
    """A copy of the phone's store from before it bonded: its address, none of its keys."""
    nobody = scene.run("pair", "nobody", "--timeout", "1")
    one_sentence(nobody, 1)
    require(scene.bonds(scene.pair_store) == [], "a bond from nowhere")
    copy = scene.path("stranger.kith")
    shutil.copy(scene.pair_store, copy)
    return copy


@case("a stranger with the phone's address but no key is asked about by name, refused, and gets nothing", seconds=6)
def stranger_without_bond(scene):
    scene.controller()
    stranger_store = identity_before_bonding(scene)
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    before = octets(scene.serve_store)
    stranger = scene.pair("--store", stranger_store, name="stranger")
    lamp.expect(AGAIN)
    lamp.say("no")
    stranger.ends(1)
    require(not stranger.has_said(READ) and not stranger.has_said(PAIRED), "the stranger got something")
    require(octets(scene.serve_store) == before, "the lamp's store has changed")
    true = scene.pair(name="the true phone")
    true.expect(ENCRYPTED)
    true.ends(0)


@case("a stranger with the phone's address cannot put a weaker bond in the place of a strong one, window or not",
      seconds=6)
def stranger_weaker(scene):
    scene.controller()
    stranger_store = identity_before_bonding(scene)
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    lamp.stop()
    before = octets(scene.serve_store)
    scene.serve(name="serve, window open")
    stranger = scene.pair("--store", stranger_store, "--io", "none", name="stranger")
    stranger.ends(1)
    one_sentence(stranger, 1)
    require(not stranger.has_said(READ), "the stranger got the value")
    require(octets(scene.serve_store) == before, "the lamp's store has changed")


@case("a stranger with the phone's address and another key: keys differ, no value, and the bond stands", seconds=6)
def stranger_with_other_key(scene):
    lamp = bonded(scene)
    before = octets(scene.serve_store)
    stranger_store = scene.path("stranger.kith")
    records.copy_with_other_key(scene.pair_store, stranger_store)
    kept = octets(stranger_store)
    stranger = scene.run("pair", "--store", stranger_store, "lamp", name="stranger")
    one_sentence(stranger, 1, "--again")
    require(lamp.has_said(KEYS_DIFFER), "the lamp does not say that keys differ")
    require(not stranger.has_said(READ), "the stranger got the value")
    require(octets(scene.serve_store) == before, "the lamp's store has changed")
    require(octets(stranger_store) == kept, "the other store has changed")
    true = scene.pair(name="the true phone")
    true.expect(ENCRYPTED)
    true.ends(0)
    require(lamp.status() is None, "the lamp has gone")


@case("a false lamp with the lamp's address but no key: the phone says so, reads nothing, keeps its bond", seconds=8)
def false_lamp(scene):
    scene.controller()
    lamp = scene.serve()
    lamp.stop()
    copy = scene.path("false.kith")
    shutil.copy(scene.serve_store, copy)
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    lamp.stop()
    before = octets(scene.pair_store)
    scene.serve("--store", copy, name="false lamp")
    phone = scene.pair()
    phone.expect(PEER_SAYS_NO_KEY)
    phone.expect(PAIR_AGAIN)
    phone.say("no")
    phone.ends(1)
    require(not phone.has_said(READ), "something was read")
    require(octets(scene.pair_store) == before, "the phone's store has changed")
