"""Checks with both sides under resolvable private addresses.  Further facts: identities (ours and Linux's, as our store
has them), hidden (all private addresses under which somebody was met)."""

import time

import captures
import ours
import steps
from cell import Mismatch, expect_equal
from process import wait_until

LEAST_LINUX_TAKES_S = 30
PAUSE_S = 1.5  # bluetoothd wants it between an advertisement's end and the next
EXPORTED = "identities.json"


def is_private(address):
    """Resolvable: its two highest bits are 01."""
    return int(address[:2], 16) >> 6 == 1


def _met(context, address):
    """That of somebody, under a new private address."""
    seen = context.found.setdefault("hidden", [])
    if not is_private(address) or address in seen:
        raise Mismatch(f"{address} is no new resolvable private address; before: {seen}")
    seen.append(address)
    return address


def linux_rotates(context):
    """Before bluetoothd takes the adapter over."""
    context.parties["linux"].rotate_every(LEAST_LINUX_TAKES_S)
    return f"every {LEAST_LINUX_TAKES_S} s"


# Identities.


def identities_exchanged(context):
    """What each has stored of the other is what that one is."""
    linux = context.parties["linux"]
    me, other = ours.identities(context.kith, context.directory / steps.STORE, context.directory / EXPORTED)
    expect_equal("Linux's identity, says our store", other.address, context.found["linux_address"])
    context.found["identities"], context.found["peer"] = (me.address, other.address), me.address
    for whose, key, irk in (("ours", linux.peers_identity_key(me.address), me.irk),
                            ("Linux's", linux.identity_key(other.address), other.irk)):
        if key[::-1].hex() != irk:
            raise Mismatch(f"the two have not the same identity resolving key: {whose}")  # the keys stand in the logs
    return f"we are {me.address}, Linux {other.address}; the keys of both: 16 octets, equal"


def never_on_air(context):
    """Neither identity, in any packet.  Each private address was, and what is deciphered has both: they were told to each
    other."""
    air, deciphered = ((context.directory / name).read_bytes() for name in (ours.AIR_CAPTURE, ours.DECRYPTED_CAPTURE))
    for address in context.found["identities"]:
        octets = bytes.fromhex(address.replace(":", ""))[::-1]
        if octets in air:
            raise Mismatch(f"{address} was on air")
        if octets not in deciphered:
            raise Mismatch(f"{address} was not told")
    for address in context.found["hidden"]:
        if bytes.fromhex(address.replace(":", ""))[::-1] not in air:
            raise Mismatch(f"{address} was not on air")
    return f"but {', '.join(context.found['hidden'])}"


# Our peripheral.


def found(context):
    """By its name; and it is still seen under that address."""

    def look():
        address = context.parties["linux"].find(ours.NAME)
        return address if address == ours.seen_as(context.parties["ours"])[-1] else None

    context.found["peer"] = address = _met(context, wait_until(look, 30, "Linux finds us as we are seen now"))
    return f"{address} {ours.NAME}"


def came(context):
    """Linux did, under a new private address: that of a stranger, or after the first time that of our bond's peer."""
    bonded = context.found.get("bonded")
    address, claimed = ours.came_as(context.parties["ours"])
    expect_equal("peer whose address it is", claimed, bonded["peer"] if bonded else None)
    return f"{_met(context, address)}, {'peer ' + str(claimed) if claimed else 'a stranger'}"


def we_are_seen_anew(context):
    """While we advertise, and just now: there is half a cycle until the next time."""
    lamp = context.parties["ours"]
    before = len(ours.seen_as(lamp))
    return _met(context, wait_until(lambda: ours.seen_as(lamp)[before:], 30, "our address changes")[0])


def linux_knows_us(context):
    """Its kernel has found our identity by the address that we have now."""
    resolved = context.parties["linux"].resolved(context.found["peer"])
    expect_equal("our address as Linux's kernel knows it", resolved, context.found["hidden"][-1])
    return f"{context.found['peer']} is {resolved}"


# Linux as peripheral.


def visited(linux_anew=False):
    """Under a new private address of ours, by which Linux's kernel has known us, and one of Linux, which is known by
    the bond if there is one.  `linux_anew`: it was never met under that one."""

    def check(context):
        visitor, bonded = context.parties["ours"], context.found.get("bonded")
        address, claimed = ours.came_as(visitor)
        expect_equal("peer whose address it is", claimed, bonded["peer"] if bonded else None)
        if address not in linux_is_seen_as(context):
            raise Mismatch(f"{address} is none that Linux gave its controller")
        if linux_anew or address not in context.found["hidden"]:
            _met(context, address)
        known = context.parties["linux"].resolved(context.found["peer"])
        return f"we: {_met(context, known)}, Linux: {address}"

    return check


def linux_is_seen_as(context):
    return list(captures.random_addresses(context.parties["linux"].captures[-1]))


def linux_is_seen_anew(context):
    """While it advertises."""
    before = len(linux_is_seen_as(context))
    began = time.monotonic()
    wait_until(lambda: linux_is_seen_as(context)[before:], LEAST_LINUX_TAKES_S + 10, "Linux's address changes")
    return f"{linux_is_seen_as(context)[-1]}, {time.monotonic() - began:.0f} s later"


def linux_begins_again(context):
    """It is seen under another private address at once."""
    linux = context.parties["linux"]
    linux.stop_advertising()
    time.sleep(PAUSE_S)
    before = len(linux_is_seen_as(context))
    linux.advertise_again()
    wait_until(lambda: linux_is_seen_as(context)[before:], 10, "Linux's address changes")
    return linux_is_seen_as(context)[-1]


def extended_on_air(context):
    """Linux advertised so, and we answered so."""
    found = captures.extended_advertising(context.directory / ours.DECRYPTED_CAPTURE)
    if not found:
        raise Mismatch("there was none")
    return f"{found} PDUs"
