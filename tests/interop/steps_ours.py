"""Checks with both sides ours, on a controller that is not.

Parties: lamp (`kith serve`), visitor (the `kith pair` that runs, or ran last).  Facts: ready (what the lamp said of
itself first), lamps and visits (how many), bonded and lamp_bonded (what visitor and lamp said of the new bond).
"""

import shutil
import statistics
import time

import bare_hci
import captures
import ours
import steps
from cell import Mismatch, expect_equal

LAMP_STORE, VISITOR_STORE = "lamp.kith", "visitor.kith"
ROUND_TRIPS, MORE_PAIRINGS = 500, 4
FIRST_WAIT_S = 4  # after one failed pairing: kith_config_default()
# FIPS 197, appendix C.1.
AES_KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
AES_PLAIN, AES_ENCRYPTED = (bytes.fromhex("00112233445566778899aabbccddeeff"),
                            bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a"))


def encrypts(context):
    """The controller's AES is no invention of what stands before it."""
    expect_equal("AES", bare_hci.encrypted(context.found["hci"], AES_KEY, AES_PLAIN).hex(), AES_ENCRYPTED.hex())
    return f"{AES_ENCRYPTED.hex()}, as in FIPS 197"


def takes_pieces(context):
    """H4 has no packet bounds but those that it says."""
    answers = bare_hci.addresses_asked_in_pieces(context.found["hci"])
    expect_equal("answers", answers, 4 * answers[:1])
    return f"{answers[0][::-1].hex(':').upper()}, four times"


# The lamp.


def _start_lamp(context, io, store=LAMP_STORE):
    number = context.found["lamps"] = context.found.get("lamps", 0) + 1
    command = ours.peripheral_command(context.kith, context.found["hci"], context.directory / store, io)
    context.parties["lamp"] = lamp = context.processes.start(f"lamp-{number}", command, answers=io != "none")
    ready = ours.wait_for_event(lamp, ours.READY, 20)
    ours.wait_for_event(lamp, ours.ADVERTISING, 20)
    expect_equal("address", ready["address"], context.found.setdefault("ready", ready)["address"])
    return f"{ready['address']} ({ready['address_type']}) advertises as {ours.NAME}"


def lamp_started(io):
    return lambda context: _start_lamp(context, io)


def lamp_killed_and_started(io):
    """As by a power cut; the store brings it all back."""

    def check(context):
        context.parties["lamp"].kill()
        return _start_lamp(context, io)

    return check


def lamp_restarted(io, store=LAMP_STORE, copies_to=None):
    def check(context):
        lamp_stopped(context)
        if copies_to:
            shutil.copy(context.directory / store, context.directory / copies_to)
        return _start_lamp(context, io, store)

    return check


def lamp_stopped(context):
    ours.stop_cleanly(context.parties["lamp"])
    return "status 0"


# Visits.


def _begin(context, io, level, again=False):
    number = context.found["visits"] = context.found.get("visits", 0) + 1
    command = ours.central_command(context.kith, context.found["hci"], ours.NAME,
                                   context.found["ready"]["characteristic"], context.directory / VISITOR_STORE, io,
                                   level, again)
    context.parties["visitor"] = visitor = context.processes.start(f"visit-{number}", command, answers=io != "none")
    return visitor


def _end(context):
    visitor = context.parties["visitor"]
    ours.must_succeed(visitor, 40)
    (read,) = ours.events(visitor, ours.VALUE)
    expect_equal("value", read["value"], context.found["ready"]["value"])
    return f"exit status 0, {read['text']!r}"


def paired_and_read(level, again=False):
    """Nobody is asked anything."""

    def check(context):
        visitor = _begin(context, "none", level, again)
        told = _end(context)
        ours.wait_for_event(visitor, ours.PAIRED, 0)
        return told

    return check


def numbers(io, level):
    """Both people are asked about the same six digits."""

    def check(context):
        lamp = context.parties["lamp"]
        before = len(ours.events(lamp, ours.COMPARISON))
        visitor = _begin(context, io, level)
        shown = ours.wait_for_event(visitor, ours.COMPARISON, 30)["number"]
        expect_equal("the lamp's number, and the visitor's",
                     ours.wait_for_event(lamp, ours.COMPARISON, 10, number=before + 1)["number"], shown)
        return shown

    return check


def numbers_confirmed(context):
    for party in ("lamp", "visitor"):
        context.parties[party].answer("yes")
    return _end(context)


def lamp_vanishes(io):
    """While the numbers are looked at: the visitor is told that the link is gone, as a real air would have it."""

    def check(context):
        context.parties["lamp"].kill()
        visitor = context.parties["visitor"]
        expect_equal("the visitor's exit status", visitor.wait(20), 1)
        (gone,) = ours.events(visitor, ours.DISCONNECTED)
        expect_equal("reason", gone["hci_status"], ours.CONNECTION_TIMEOUT)
        return f"{gone['hci_status_name']}; {_start_lamp(context, io)}"

    return check


def visitor_vanishes(context):
    """While the numbers are looked at: the lamp is told, and advertises again."""
    lamp = context.parties["lamp"]
    before = len(ours.events(lamp, ours.DISCONNECTED))
    context.parties["visitor"].kill()
    gone = ours.wait_for_event(lamp, ours.DISCONNECTED, 20, number=before + 1)
    expect_equal("reason", gone["hci_status"], ours.CONNECTION_TIMEOUT)
    return gone["hci_status_name"]


def must_wait(io, level):
    """Who was gone while numbers were compared may have been guessing: it is told to wait, 4 s from then."""

    def check(context):
        visitor = _begin(context, io, level)
        expect_equal("the visitor's exit status", visitor.wait(20), 1)
        (failed,) = ours.events(visitor, ours.PAIRING_FAILED)
        expect_equal("what it was told", failed["smp_reason"], "Repeated Attempts")
        time.sleep(FIRST_WAIT_S)
        return failed["smp_reason"]

    return check


def visited_again(io, level):
    """The bond's key encrypts the link; nobody is asked anything, on either side."""

    def check(context):
        lamp = context.parties["lamp"]
        pairings, encryptions = (len(ours.events(lamp, event)) for event in (ours.PAIRED, ours.ENCRYPTED))
        visitor = _begin(context, io, level)
        told = _end(context)
        (mine,) = ours.events(visitor, ours.ENCRYPTED)
        its = ours.wait_for_event(lamp, ours.ENCRYPTED, 10, number=encryptions + 1)
        for said, bonded in ((mine, context.found["bonded"]), (its, context.found["lamp_bonded"])):
            for what in ("peer", "level", "key_size"):
                expect_equal(what, said[what], bonded[what])
        if ours.events(visitor, ours.PAIRED) or len(ours.events(lamp, ours.PAIRED)) > pairings:
            raise Mismatch("they paired again")
        return f"{told}, level {mine['level']}"

    return check


def not_encrypted(io, level, why, told_to_lamp=False):
    """The link ends, nobody pairs, and the bonds stand."""

    def check(context):
        lamp, visitor = context.parties["lamp"], _begin(context, io, level)
        expect_equal("exit status", visitor.wait(40), 1)
        for who in (visitor, lamp) if told_to_lamp else (visitor,):
            expect_equal(f"why, says {who.name}", ours.wait_for_event(who, ours.NOT_ENCRYPTED, 10)["why"], why)
        for who in (visitor, lamp):
            ours.wait_for_event(who, ours.DISCONNECTED, 10)
        steps.expect_stored(context, VISITOR_STORE, ours.address_of(lamp), context.found["bonded"])
        if told_to_lamp:
            ours.bond_of(context.kith, context.directory / LAMP_STORE, ours.address_of(visitor))
        return f"exit status 1, {why}"

    return check


# Bonds.


def same_key(level, method):
    """Both keep the same key, and think the same of it."""

    def check(context):
        mine = context.found["bonded"] = ours.wait_for_event(context.parties["visitor"], ours.BONDED, 10)
        its = context.found["lamp_bonded"] = ours.wait_for_event(context.parties["lamp"], ours.BONDED, 10)
        if mine["ltk"] != its["ltk"] or len(mine["ltk"]) != 32:
            raise Mismatch("the two LTKs differ")  # the keys stand in the logs, not on the screen
        for said in (mine, its):
            expect_equal("level", said["level"], level)
            expect_equal("key size", said["key_size"], 16)
            expect_equal("method", said["method"], method)
            expect_equal("Secure Connections", said["secure_connections"], True)
        return f"16 octets, equal; {method}, level {level}"

    return check


def bonds_are_stored(context):
    """`kith bonds` shows each bond as it was told when it was made."""
    for store, bonded, peer in ((VISITOR_STORE, "bonded", ours.address_of(context.parties["lamp"])),
                                (LAMP_STORE, "lamp_bonded", ours.address_of(context.parties["visitor"]))):
        steps.expect_stored(context, store, peer, context.found[bonded])
    return "both"


def paired(times):
    """Over all visits; every request stands in two captures, its sender's and its receiver's."""

    def check(context):
        found = sum(captures.pairings(capture) for capture in ours.client_captures(context.directory))
        expect_equal("Pairing Requests sent and received", found, 2 * times)
        return f"Pairing Requests: {times}"

    return check


# Time.


def _pair_strangers(context, number):
    """Two that have no store, and so are new each time."""
    hci, characteristic = context.found["hci"], context.found["ready"]["characteristic"]
    lamp = context.processes.start(f"strange-lamp-{number}", ours.peripheral_command(context.kith, hci))
    ours.wait_for_event(lamp, ours.ADVERTISING, 20)
    command = ours.central_command(context.kith, hci, ours.NAME, characteristic, "none", "none", "encrypted")
    ours.must_succeed(context.processes.start(f"strange-visit-{number}", command), 40)
    ours.stop_cleanly(lamp)


def pairings_in_round_trips(context):
    """How long pairings took, as the captures of those who began them have it.  Told, not judged: others use this
    machine too."""
    for number in range(MORE_PAIRINGS):
        _pair_strangers(context, number + 1)
    took = [time for capture in ours.client_captures(context.directory) if (time := bare_hci.pairing_time(capture))]
    expect_equal("pairings in the captures", len(took), 1 + MORE_PAIRINGS)
    trip, pairing = bare_hci.round_trips(context.found["hci"], ROUND_TRIPS), statistics.median(took)
    return (f"{pairing / trip:.0f} bare HCI round trips: {pairing * 1000:.2f} ms (median of {len(took)}, "
            f"{min(took) * 1000:.2f} to {max(took) * 1000:.2f}) by {trip * 1000:.3f} ms (median of {ROUND_TRIPS})")
