"""Numbers on two terminals."""

import air
from case import case
from scene import *


@case("two terminals show the same number, both say yes, the value is read; started again, the bond is used", seconds=5)
def two_terminals(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    again = scene.pair()
    again.expect(ENCRYPTED)
    again.expect(READ)
    again.ends(0)
    require(not again.has_said(PAIRED) and not again.has_said(NUMBER), "it paired a second time")
    require(lamp.stop() == 0, "the lamp did not leave in order")
    lamp = scene.serve(name="serve again")
    last = scene.pair(name="pair, after the lamp was off")
    last.expect(ENCRYPTED)
    last.expect(READ)
    last.ends(0)
    require(not last.has_said(PAIRED), "it paired a second time")
    require(len(scene.bonds(scene.pair_store)) == 1 == len(scene.bonds(scene.serve_store)), "not one bond on each side")


@case("the number on both terminals is the one computed independently from what was on air", seconds=3)
def number_from_air(scene):
    radio = scene.controller("--pcap", scene.path("air.pcap"))
    _, number = pair_by_number(scene, scene.serve())
    require(radio.stop() == 0, "the controller did not end in order")
    computed = air.numbers(scene.path("air.pcap"))
    require(computed == [number], f"shown {number}, computed {computed}")


@case("the decrypted capture has one pairing in it although the two met twice", seconds=4)
def one_pairing_on_air(scene):
    radio = scene.controller("--pcap-decrypted", scene.path("plain.pcap"))
    pair_by_number(scene, scene.serve())
    again = scene.pair()
    again.expect(READ)
    again.ends(0)
    radio.stop()
    count = air.pairings(scene.path("plain.pcap"))
    require(count == 1, f"{count} Pairing Requests on air")


@case("our own AES-CMAC and g2 give the specification's sample number")
def sample_number(_scene):
    value = air.g2(bytes.fromhex("20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"),
                   bytes.fromhex("55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"),
                   bytes.fromhex("d5cb8454d177733effffb2ec712baeab"),
                   bytes.fromhex("a6e8e7cc25a75f6e216583f7ff3dc4cf"))
    require(value == 0x2F9ED5BA, f"g2 gave {value:#x}")


def refused(scene, answers):
    """Both are asked; returns (lamp, phone) when the phone has ended."""
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    for side in (lamp, phone):
        side.expect(NUMBER)
    for side, answer in zip((lamp, phone), answers):
        if answer:
            side.say(answer)
    phone.ends(1, limit_s=40)
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "the value was read")
    for store in (scene.pair_store, scene.serve_store):
        require(scene.bonds(store) == [], f"{store.name} has a bond")
    return lamp, phone


@case("the lamp's person says that the numbers differ: nobody is paired, and both are told", seconds=3)
def refused_by_lamp(scene):
    lamp, phone = refused(scene, ("no", "yes"))
    lamp.expect(NUMBER_REFUSED)
    require(phone.has_said("Numeric Comparison Failed"), "the phone does not say what the lamp said")


@case("the phone's person says that the numbers differ: nobody is paired, and both are told", seconds=3)
def refused_by_phone(scene):
    lamp, phone = refused(scene, ("yes", "no"))
    require(phone.has_said(NUMBER_REFUSED), "the phone does not say who refused")
    lamp.expect("Numeric Comparison Failed")


@case("nobody answers: the question lapses after 25 s, is withdrawn, and nobody is paired", seconds=30)
def nobody_answers(scene):
    lamp, _ = refused(scene, (None, None))
    lamp.expect(WITHDRAWN)
    require(lamp.status() is None, "the lamp has gone")


@case("only the phone's person answers: the lamp's silence ends it", seconds=30)
def lamp_does_not_answer(scene):
    lamp, _ = refused(scene, (None, "yes"))
    lamp.expect("Nobody answered in time whether the two numbers are the same")


@case("only the lamp's person answers: the phone's silence ends it", seconds=30)
def phone_does_not_answer(scene):
    _, phone = refused(scene, ("yes", None))
    require(phone.has_said("Nobody answered in time whether the two numbers are the same"), "it does not say why")


@case("an answer after the question lapsed is no answer: the lamp goes on and pairs the next time", seconds=37)
def late_answer(scene):
    lamp, _ = refused(scene, (None, None))
    lamp.expect(WITHDRAWN)
    lamp.say("yes")
    scene.crew.pause(AFTER_A_FAILURE_S)
    phone = scene.pair(name="pair again")
    first = lamp.expect(NUMBER)[1]
    require(phone.expect(NUMBER)[1] == first, "two numbers")
    phone.say("yes")
    scene.crew.pause(1)
    require(not phone.has_said(PAIRED), "the late answer was taken for another question")
    lamp.say("yes")
    phone.expect(READ)
    phone.ends(0)


@case("another word than yes or no is asked about again, and y is yes", seconds=3)
def wrong_word(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    number = lamp.expect(NUMBER)[1]
    phone.expect(NUMBER)
    for word in ("", "yes please", number):
        phone.say(word)
        phone.expect("answer yes or no")
        require(phone.expect(NUMBER)[1] == number, "another number")
    scene.crew.pause(0.3)
    require(phone.status() is None and not phone.has_said(PAIRED), "a wrong word was an answer")
    lamp.say("y")
    phone.say(" YES ")
    phone.expect(READ)
    phone.ends(0)


@case("no clear answer, again and again, is a no in the end", seconds=3)
def never_clear(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    lamp.say("yes")
    phone.expect(NUMBER)
    for _ in range(10):
        phone.say("perhaps")
    phone.ends(1)
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "the value was read")


def no_answer_ahead(scene, phone, lamp):
    """What was typed before the number was there is not taken for an answer."""
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    lamp.say("yes")
    scene.crew.pause(1)
    require(not phone.has_said(PAIRED) and not lamp.has_said(PAIRED), "an answer from before the question was taken")
    phone.say("yes")
    phone.expect(READ)
    phone.ends(0)


@case("yes typed on a terminal before the number is shown is no answer", seconds=3)
def type_ahead_terminal(scene):
    scene.controller()
    phone = scene.pair()
    phone.say("yes")
    scene.crew.pause(0.3)
    no_answer_ahead(scene, phone, scene.serve())


@case("yes in a pipe before the number is shown is no answer", seconds=3)
def type_ahead_pipe(scene):
    scene.controller()
    phone = scene.pair("--io", "display-yes-no", terminal=False)
    phone.say("yes")
    no_answer_ahead(scene, phone, scene.serve())


@case("`yes | kith pair' compares nothing: a stream of yes is no person", seconds=3)
def stream_of_yes(scene):
    scene.controller()
    lamp = scene.serve()
    phone = scene.crew.start("pair", ["/bin/sh", "-c", 'yes | "$0" pair --io display-yes-no lamp', scene.kith],
                             environment=scene.environment, stdin="ended")
    lamp.expect(NUMBER)
    lamp.say("yes")
    phone.ends(1)
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "a machine's answers were a person's")


@case("a half line typed before the number does not join the answer", seconds=3)
def half_line_ahead(scene):
    scene.controller()
    phone = scene.pair()
    phone.press(b"n")
    scene.crew.pause(0.3)
    no_answer_ahead(scene, phone, scene.serve())


@case("input that ends while a number is asked is a no, and said", seconds=3)
def end_of_input_at_number(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair("--io", "display-yes-no", terminal=False)
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    lamp.say("yes")
    phone.end_input()
    phone.ends(1)
    one_sentence(phone, 1)
    require(phone.has_said(NOBODY_THERE), "it does not say that nobody is there")
    require(scene.bonds(scene.serve_store) == [], "there is a bond")


@case("input that has ended before: the number is refused at once, and said", seconds=3)
def end_of_input_before(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair("--io", "display-yes-no", terminal=False, stdin="ended")
    phone.ends(1)
    one_sentence(phone, 1)
    require(phone.has_said(NOBODY_THERE), "it does not say that nobody is there")
    require(not lamp.has_said(PAIRED), "it paired")


@case("Ctrl-D at the number on a terminal is a no", seconds=3)
def control_d(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    lamp.say("yes")
    phone.press(b"\x04")
    phone.ends(1)
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "the value was read")


@case("answers come from a pipe, line by line, as well as from a terminal", seconds=3)
def pipes(scene):
    scene.controller(terminal=False)
    how = {"terminal": False}
    lamp = scene.serve("--io", "display-yes-no", **how)
    pair_by_number(scene, lamp, "--io", "display-yes-no", **how)


@case("devices without input and output pair by Just Works, and the bond says so", seconds=3)
def just_works(scene):
    scene.controller(terminal=False)
    scene.serve("--io", "none")
    phone = scene.run("pair", "lamp")
    require(phone.status() == 0 and phone.has_said(READ) and phone.has_said("Just Works"), phone.out + phone.err)
    bond = scene.bonds(scene.pair_store)[0]
    require(bond["level"] == 2 and bond["method"] == "Just Works", f"{bond}")


@case("a level that Just Works cannot reach is refused by name, and nothing is kept", seconds=3)
def level_unreachable(scene):
    scene.controller()
    scene.serve("--io", "none")
    phone = scene.pair("--level", "authenticated")
    phone.ends(1)
    one_sentence(phone, 1)
    require(not phone.has_said(READ), "the value was read")
    require(scene.bonds(scene.pair_store) == [] == scene.bonds(scene.serve_store), "there is a bond")


@case("a bond below the level asked for is not enough: the two pair anew, by a number", seconds=4)
def higher_level_later(scene):
    scene.controller()
    lamp = scene.serve()
    weak = scene.pair("--io", "none")
    weak.expect(READ)
    weak.ends(0)
    phone = scene.pair("--level", "authenticated", name="pair, authenticated")
    key, match = lamp.expect_one({"again": AGAIN, "number": NUMBER})
    if key == "again":
        lamp.say("yes")
        match = lamp.expect(NUMBER)
    require(phone.expect(NUMBER)[1] == match[1], "two numbers")
    lamp.say("yes")
    phone.say("yes")
    phone.expect(READ)
    phone.ends(0)
    for store in (scene.pair_store, scene.serve_store):
        bonds = scene.bonds(store)
        require(len(bonds) == 1 and bonds[0]["level"] >= 3, f"{store.name}: {bonds}")
