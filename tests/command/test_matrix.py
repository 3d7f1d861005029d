"""`kith matrix`: the tables of Core Vol 3 Part H 2.3.5.1, and one pair of devices."""

import json

from case import case
from scene import *

IO = ("display-only", "display-yes-no", "keyboard-only", "none", "keyboard-display")  # as the specification has them

# Table 2.8 as it is printed there, a row for each responder, a column for each initiator.  JW: Just Works,
# NC: Numeric Comparison, I: the initiator displays and the responder inputs, R: the other way round, B: both input.
SC = ("JW JW R JW R", "JW NC R JW NC", "I I B JW I", "JW JW JW JW JW", "I NC R JW NC")
LEGACY = ("JW JW R JW R", "JW JW R JW R", "I I B JW I", "JW JW JW JW JW", "I I R JW I")

SHORT = {"JW": "Just Works", "NC": "Comparison", "I": "Passkey I>R", "R": "Passkey R>I", "B": "Passkey both"}
METHOD = {"JW": "Just Works", "NC": "Numeric Comparison", "I": "Passkey Entry", "R": "Passkey Entry",
          "B": "Passkey Entry"}
PASSKEY = {"I": "initiator shows, responder types", "R": "responder shows, initiator types", "B": "both type"}


def cells():
    """(secure connections, initiator, responder, method, level) of all fifty."""
    for secure, table in ((True, SC), (False, LEGACY)):
        for responder, row in zip(IO, table):
            for initiator, method in zip(IO, row.split()):
                yield secure, initiator, responder, method, 4 if secure and method != "JW" else 2


def ask(scene, io, peer, *options):
    told = scene.run("matrix", "--io", io, "--peer", peer, *options)
    require(told.status() == 0 and told.err == "", f"{options}: {told.status()} {told.err}")
    return told.out


def ask_json(scene, io, peer, *options):
    return json.loads(ask(scene, io, peer, "--json", *options))


@case("matrix prints the specification's tables with their levels, in 100 columns", 20, 0.1)
def tables(scene):
    told = scene.run("matrix")
    require(told.status() == 0 and told.err == "", f"{told.status()} {told.err}")
    lines = told.out.splitlines()
    require(max(map(len, lines)) <= 100, "a line is longer")
    found = [re.split(r"  +", line) for line in lines if line.startswith(IO)]
    columns = [line.split() for line in lines if line.startswith("    ")]
    require(columns == [list(IO)] * 2, f"columns: {columns}")
    wanted = [f"{SHORT[method]} {level}" for _, _, _, method, level in cells()]
    require([row[0] for row in found] == list(IO) * 2, f"rows: {found}")
    require([cell for row in found for cell in row[1:]] == wanted, f"cells: {found}")
    require("Core 6.2" in told.out, "nothing of Core 6.2")


@case("matrix --json prints the same fifty cells, one object a line", 20, 0.1)
def tables_json(scene):
    found = [json.loads(line) for line in scene.run("matrix", "--json").out.splitlines()]
    require(len(found) == 50, f"{len(found)} objects")
    for o, (secure, initiator, responder, method, level) in zip(found, cells()):
        wanted = {"event": "cell", "secure_connections": secure, "initiator_io": initiator, "responder_io": responder,
                  "mitm": True, "method": METHOD[method], "level": level}
        if method in PASSKEY:
            wanted["passkey"] = PASSKEY[method]
        require({key: o.get(key) for key in wanted} == wanted, f"{o} is not {wanted}")
        require(("passkey" in o) == (method in PASSKEY), f"passkey in {o}")


@case("matrix of one pair says who does what, the same from either side, in all fifty cells", 60, 4)
def both_sides(scene):
    for secure, initiator, responder, method, level in cells():
        options = ("--mitm", "--sc" if secure else "--legacy")
        ours = ask_json(scene, initiator, responder, "--we", "initiator", *options)
        theirs = ask_json(scene, responder, initiator, "--we", "responder", *options)
        for o, shows in ((ours, "I"), (theirs, "R")):
            require((o["method"], o["level"]) == (METHOD[method], level), f"{o}")
            require((o["initiator_io"], o["responder_io"]) == (initiator, responder), f"{o}")
            for words, said in (("we show six digits, and the peer's user types them", method == shows),
                                ("the peer shows six digits, and our user types them", method in "IR" and
                                 method != shows),
                                ("both users type the same six digits", method == "B"),
                                ("both users say whether they are the same", method == "NC"),
                                ("nobody does anything", method == "JW")):
                require((words in o["sentence"]) == said, f"{words!r} in {o}: not {said}")
        if (initiator, responder) == ("keyboard-only", "display-only"):
            plain = ask(scene, initiator, responder, *options)
            require(plain.replace("\n", " ").strip() == ours["sentence"], f"{plain!r} is not {ours['sentence']!r}")


@case("matrix of one pair without --mitm: Just Works, whatever they can", 20, 0.1)
def unasked(scene):
    o = ask_json(scene, "keyboard-display", "keyboard-display")
    require((o["method"], o["level"], o["mitm"]) == ("Just Works", 2, False), f"{o}")
    require("nobody asks for more" in o["sentence"] and "reached" not in o, f"{o}")


@case("matrix --oob: one side's data is enough for Secure Connections, legacy needs both", 20, 0.5)
def out_of_band(scene):
    for whose in ("ours", "peer", "both"):
        o = ask_json(scene, "none", "none", "--oob", whose)
        require((o["method"], o["level"], o["level_needs_secure_channel"]) == ("Out of Band", 4, True), f"{o}")
        require("else level 2" in o["sentence"], f"{o}")
        o = ask_json(scene, "none", "display-only", "--legacy", "--oob", whose)
        require((o["method"], o["level"]) == (("Out of Band", 3) if whose == "both" else ("Just Works", 2)), f"{o}")
        require(("is not enough" in o["sentence"]) == (whose != "both"), f"{o}")
    for we in ("initiator", "responder"):
        for whose, words in (("ours", "the peer checks us"), ("peer", "we check the peer"), ("both", "each checks")):
            o = ask_json(scene, "none", "none", "--oob", whose, "--we", we)
            require(words in o["sentence"] and o["oob"] == whose and o["we"] == we, f"{o}")


@case("matrix --level says whether it is reached, and asks for protection where pairing would", 20, 0.3)
def levels(scene):
    for level, io, more, reached in (
            ("encrypted", "none", (), True), ("2", "none", (), True), ("authenticated", "none", (), False),
            ("3", "display-yes-no", (), True), ("sc-authenticated", "display-yes-no", (), True),
            ("4", "display-yes-no", ("--legacy",), False), ("3", "keyboard-only", ("--legacy",), False),
            ("2", "keyboard-only", ("--legacy",), True), ("3", "none", ("--legacy", "--oob", "both"), True),
            ("4", "none", ("--legacy", "--oob", "both"), False), ("4", "none", ("--oob", "peer"), True)):
        o = ask_json(scene, io, "display-yes-no", "--level", level, *more)
        require(o["reached"] is reached, f"{level} {io} {more}: {o}")
        require(o["mitm"] == (o["required_level"] >= 3), f"{o}")
        require(("would be refused" in o["sentence"]) != reached, f"{o}")


@case("matrix on a full disk says that nobody reads it", 20, 0.1)
def full_disk(scene):
    with open("/dev/full", "w") as full:
        one_sentence(scene.run("matrix", stdout=full.fileno()), 1, "nobody reads")
