"""Checks with Linux as peripheral, of which our `kith info`, `read`, `write` and `subscribe` ask something.  Further
facts: errands (how many were made); those of steps_pair.py."""

import ours
import steps
import steps_pair as pair
from cell import Mismatch, expect_equal

OPEN, NOTE, COUNT = (f"6c1f000{n}-58a3-4c0e-9b7d-1a2b3c4d5e6f" for n in range(3, 6))
OPEN_VALUE, COUNT_VALUE = b"for all", b"\x01\x02"
LONG = bytes(n * 5 % 239 for n in range(400))
LONG_TOO = bytes(n * 13 % 233 for n in range(400))
SERVED = (
    (pair.CHARACTERISTIC, "read,encrypt-read", pair.VALUE),
    (OPEN, "read,write", OPEN_VALUE),
    (NOTE, "read,write,encrypt-read,encrypt-write", LONG),
    (COUNT, "read,notify,encrypt-read,encrypt-notify", COUNT_VALUE),
)


def asks_nothing(context):
    """So that no requests cross: of those tshark has its own view (README.md)."""
    context.parties["linux"].look_for_nothing()
    context.found["asks_nothing"] = True
    return "ReverseServiceDiscovery=false"


def served(context):
    linux = context.parties["linux"]
    linux.serve(pair.SERVICE, *SERVED)
    linux.advertise(pair.NAME)
    return f"{len(SERVED)} values, as {pair.NAME}"


def _begin(context, errand, store, options, *what):
    number = context.found["errands"] = context.found.get("errands", 0) + 1
    path = store if store == "none" else context.directory / store
    command = ours.errand_command(context.kith, context.found["hci"], errand, context.found["linux_address"], path,
                                  options, *what)
    party = context.processes.start(f"{errand}-{number}", command)
    context.parties["ours"] = party
    return party


def _end(context, party):
    ours.must_succeed(party, 40)
    peer = ours.events(party, ours.READY)[0]["address"]
    context.parties["linux"].wait_for_property(peer, "Connected", "no")
    return party


def _done(context, errand, store, options, *what):
    return _end(context, _begin(context, errand, store, options, *what))


def _read(context, uuid, options, store):
    (came,) = ours.events(_done(context, "read", store, options, f"{pair.SERVICE}/{uuid}"), ours.VALUE)
    return came["value"]


def listed(context):
    """Over the bond's link; `kith info` has a line for each."""
    party = _done(context, "info", steps.STORE, ())
    uuids = [one["uuid"] for one in party.json_lines() if one.get("event") == "characteristic"]
    missing = [uuid for uuid, _, _ in SERVED if uuid not in uuids]
    if missing:
        raise Mismatch(f"not listed: {', '.join(missing)}; listed: {', '.join(uuids)}")
    return f"{len(uuids)} characteristics"


def read(uuid, value, *options, store=steps.STORE):
    def check(context):
        expect_equal("value", _read(context, uuid, options, store), value.hex())
        return f"{len(value)} octets, equal"

    return check


def refused(uuid):
    """Without a bond, and not pairing for it."""

    def check(context):
        party = _begin(context, "read", "none", (), f"{pair.SERVICE}/{uuid}")
        expect_equal("exit status", party.wait(40), 1)
        if ours.events(party, ours.VALUE):
            raise Mismatch("it was read")
        peer = ours.events(party, ours.READY)[0]["address"]
        context.parties["linux"].wait_for_property(peer, "Connected", "no")
        return f"exit status 1: {party.last_words()}"

    return check


def written(uuid, value, *options, store=steps.STORE):
    """It is there when it is read on another link."""

    def check(context):
        _done(context, "write", store, ("--hex", *options), f"{pair.SERVICE}/{uuid}", value.hex())
        expect_equal("value", _read(context, uuid, (), store), value.hex())
        return f"{len(value)} octets, read back"

    return check


def told(uuid, value):
    """Linux changes it, and it appears here."""

    def check(context):
        party = _begin(context, "subscribe", steps.STORE, ("--count", "1"), f"{pair.SERVICE}/{uuid}")
        ours.wait_for_event(party, ours.LISTENING, 20)
        context.parties["linux"].change(uuid, value, ours.address_of(party))
        _end(context, party)
        (came,) = ours.events(party, ours.VALUE)
        expect_equal("value", came["value"], value.hex())
        return f"{came['value']}, over a link of level {came['level']}"

    return check
