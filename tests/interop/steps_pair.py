"""Checks with Linux as peripheral, visited by our `kith pair`.  Further facts: flags (of Linux's characteristic),
visit (how many were made), failed_bondings (how many Linux had logged before the last)."""

import ours
import steps
from cell import Mismatch, expect_equal

NAME = "linux-lamp"
SERVICE = "6c1f0001-58a3-4c0e-9b7d-1a2b3c4d5e6f"
CHARACTERISTIC = "6c1f0002-58a3-4c0e-9b7d-1a2b3c4d5e6f"
VALUE = b"cold white"
LONGER_THAN_A_VISIT_S = 900


def as_bluetoothd_asks(linux):
    linux.advertise(NAME)


def by_extended_pdus(linux):
    linux.advertise(NAME, extended=True)


def as_the_kernel_does(linux):
    linux.advertise_by_itself(NAME)


def served(flags, advertises=as_bluetoothd_asks):
    """Linux serves a value to links that are secure enough, and lets itself be found."""

    def check(context):
        linux = context.parties["linux"]
        linux.serve(SERVICE, (CHARACTERISTIC, flags, VALUE))
        advertises(linux)
        context.found["serves"] = flags
        return f"{CHARACTERISTIC} ({flags}), as {NAME}"

    return check


def hidden(context):
    context.parties["linux"].stop_advertising()
    return "advertise off"


def _begin(context, peer, io, level, again=False, legacy=False, private=False):
    number = context.found["visit"] = context.found.get("visit", 0) + 1
    command = ours.central_command(context.kith, context.found["hci"], peer or context.found["linux_address"],
                                   f"{SERVICE}/{CHARACTERISTIC}", context.directory / steps.STORE, io, level, again,
                                   legacy)
    if private:
        command = ours.private(command, LONGER_THAN_A_VISIT_S)
    context.found["failed_bondings"] = len(context.parties["linux"].failed_bondings())
    visitor = context.processes.start(f"visit-{number}", command, answers=io != "none")
    context.parties["ours"] = visitor
    return visitor


def _end(context):
    """It read the value, and left in order."""
    visitor = context.parties["ours"]
    ours.must_succeed(visitor, 40)
    (read,) = ours.events(visitor, ours.VALUE)
    expect_equal("value", read["value"], VALUE.hex())
    (bond,) = ours.bonds(context.kith, context.directory / steps.STORE)
    context.found["peer"] = bond["local_address"]  # that is who we are, whatever was on air
    context.parties["linux"].wait_for_property(context.found["peer"], "Connected", "no")
    return read["text"]


def begun(peer, io, level, again=False, legacy=False, private=False):
    """`peer`: a name, or None for Linux's address.  `again`: pairs anew, although a bond stands.  `private`: we come
    under a private address."""

    def check(context):
        visitor = _begin(context, peer, io, level, again, legacy, private)
        ours.wait_for_event(visitor, ours.CONNECTED, 25)
        return f"connected, process {visitor.pid}"

    return check


def consented(context):
    """Only Linux's user is asked: whether somebody may pair."""
    linux = context.parties["linux"]
    linux.expect_consent_wanted()
    linux.control("yes")
    ours.wait_for_event(context.parties["ours"], ours.PAIRED, 20)
    return "paired"


def numbers_confirmed(context):
    steps.both_say_yes(context)
    ours.wait_for_event(context.parties["ours"], ours.PAIRED, 20)
    return "paired"


def paired_by(carried):
    """`carried`: how a passkey goes from one to the other."""

    def check(context):
        told = carried(context)
        ours.wait_for_event(context.parties["ours"], ours.PAIRED, 20)
        return f"{told}, paired"

    return check


def not_paired(why, carried=steps.nobody_asked):
    """Both sides report it, and there is no bond on either."""

    def check(context):
        linux, visitor = context.parties["linux"], context.parties["ours"]
        told = carried(context, steps.wrongly)
        expect_equal("exit status", visitor.wait(40), 1)
        (failed,) = ours.events(visitor, ours.NOT_PAIRED)
        expect_equal("why", failed["why"], why)
        context.found["peer"] = ours.address_of(visitor)
        status = linux.expect_bonding_failed(context.found["failed_bondings"])
        linux.wait_for_property(context.found["peer"], "Connected", "no")
        steps.expect_no_bond(context)
        return (f"{told}; Linux: bonding failed, status 0x{status}; we: exit status 1, {failed['why']}, "
                f"{failed['smp_reason']}; no bond")

    return check


def anew(agent):
    """Both forget, and Linux's user has these IO capabilities from now on."""

    def check(context):
        steps.both_forget(context)
        context.parties["linux"].use_agent(agent)
        return f"agent {agent}"

    return check


def value_read(context):
    return f"exit status 0, {_end(context)!r}"


def visited_again(peer, io, level, legacy=False, private=False):
    """The bond's key encrypts the link; nobody is asked anything."""

    def check(context):
        visitor = _begin(context, peer, io, level, legacy=legacy, private=private)
        told = _end(context)
        (encrypted,) = ours.events(visitor, ours.ENCRYPTED)
        expect_equal("peer", encrypted["peer"], context.found["bonded"]["peer"])
        expect_equal("level", encrypted["level"], context.found["bonded"]["level"])
        if ours.events(visitor, ours.PAIRED):
            raise Mismatch("it paired again")
        return f"exit status 0, level {encrypted['level']}, {told!r}"

    return check


def forgotten(peer, io, level):
    """Linux forgets us: it says that it has no key, which proves nothing, so our bond stands."""

    def check(context):
        context.parties["linux"].forget(context.found["peer"])
        visitor = _begin(context, peer, io, level)
        expect_equal("exit status", visitor.wait(40), 1)
        (failed,) = ours.events(visitor, ours.NOT_ENCRYPTED)
        expect_equal("why", failed["why"], ours.PEER_SAYS_NO_KEY)
        steps.bond_is_stored(context)
        return f"exit status 1, {failed['why']}, our bond stands"

    return check


def restarted_bluetooth(agent):
    """bluetoothd comes back to the bonds it stored, and serves anew."""

    def check(context):
        linux = context.parties["linux"]
        linux.stop_bluetooth()
        steps.start_bluetooth(agent)(context)
        served(context.found["serves"])(context)
        return f"agent {agent}"

    return check


def rebooted(agent):
    def check(context):
        linux = context.parties["linux"]
        uptime = linux.reboot()
        linux.attach_adapter()
        steps.start_bluetooth(agent)(context)
        served(context.found["serves"])(context)
        return f"command loop {uptime} s after its start, agent {agent}"

    return check
