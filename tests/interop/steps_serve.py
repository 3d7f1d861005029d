"""Checks with Linux as central, of our `kith serve`.  Further facts: ready (what it said of itself),
lamps (how many were started)."""

import uuid

import ours
import steps
from cell import Mismatch, expect_equal

ATT_ERROR, ATT_READ_BY_TYPE = b"\x01", b"\x08"
ATT_WANTS_SECURITY = {0x05: "Insufficient Authentication", 0x0F: "Insufficient Encryption"}


def _start(context, name, store, io, level="encrypted", legacy=False, private_s=None):
    command = ours.peripheral_command(context.kith, context.found["hci"], store, io, level, legacy)
    if private_s:
        command = ours.private(command, private_s)
    context.parties["ours"] = peripheral = context.processes.start(name, command, answers=io != "none")
    ready = ours.wait_for_event(peripheral, ours.READY, 20)
    ours.wait_for_event(peripheral, ours.ADVERTISING, 20)
    return ready


def start(store="none", io="none", level="encrypted", legacy=False, private_s=None):
    """`store`: "none", or the name of a file in the cell's directory.  `private_s`: under private addresses, each for
    so long."""

    def check(context):
        number = context.found["lamps"] = context.found.get("lamps", 0) + 1
        path = store if store == "none" else context.directory / store
        name = f"lamp-{number}" if number > 1 else "lamp"
        context.found["ready"] = ready = _start(context, name, path, io, level, legacy, private_s)
        return f"{ready['address']} ({ready['address_type']}) advertises as {ours.NAME}, IO {io}"

    return check


def anew(agent, io, level="encrypted", legacy=False):
    """Our peripheral leaves, which ends the link; both forget, and are devices of these IO capabilities from now on."""

    def check(context):
        linux = context.parties["linux"]
        left(context)
        steps.both_forget(context)
        linux.use_agent(agent)
        told = start(steps.STORE, io, level, legacy)(context)
        found(context)
        return f"agent {agent}; {told}"

    return check


def restarted(io, level="encrypted", legacy=False):
    """Without a bond.  Who failed to pair with it need not wait: it knows nothing of that any more."""

    def check(context):
        stopped(context)
        return start(steps.STORE, io, level, legacy)(context)

    return check


def killed_and_started(context):
    """The power goes while the link stands; the store brings it all back."""
    context.parties["ours"].kill()
    context.parties["linux"].wait_for_property(context.found["peer"], "Connected", "no")
    ready = _start(context, "lamp-again", context.directory / steps.STORE, "display-yes-no")
    expect_equal("address", ready["address"], context.found["ready"]["address"])
    return f"{ready['address']} ({ready['address_type']}) is back"


def powered(context):
    """Without bluetoothd, which takes it over as it is."""
    context.parties["linux"].power_on_unmanaged()
    return "powered"


def refused_before_pairing(context):
    powered(context)
    linux, ready = context.parties["linux"], context.found["ready"]
    request = ATT_READ_BY_TYPE + bytes.fromhex("0100ffff") + uuid.UUID(ready["characteristic"]).bytes[::-1]
    (said,) = linux.ask(ready["address"], ready["address_type"], "low", [f"request={request.hex()}"])
    response = bytes.fromhex(said)
    if response[:2] != ATT_ERROR + ATT_READ_BY_TYPE or response[4] not in ATT_WANTS_SECURITY:
        raise Mismatch(f"not refused for want of security: {response.hex()}")
    return f"{ATT_WANTS_SECURITY[response[4]]} (0x{response[4]:02x}) at handle 0x{response[3]:02x}{response[2]:02x}"


def found(context):
    linux = context.parties["linux"]
    address = context.found["peer"] = linux.find(ours.NAME)
    expect_equal("address", address, context.found["ready"]["address"])
    return f"{address} {ours.NAME}"


def numbers(context):
    linux = context.parties["linux"]
    linux.begin_to_pair(context.found["peer"])
    return steps.both_show_one_number(context)


def paired_by(carried):
    """`carried`: how a passkey goes from one to the other."""

    def check(context):
        linux = context.parties["linux"]
        linux.begin_to_pair(context.found["peer"])
        told = carried(context)
        linux.expect_paired()
        return f"{told}, Pairing successful"

    return check


def paired(context):
    """Nobody is asked anything."""
    return paired_by(steps.nobody_asked)(context)


def not_paired(why, carried=steps.nobody_asked):
    """Both sides report it, the link ends, and there is no bond on either."""

    def check(context):
        linux, lamp = context.parties["linux"], context.parties["ours"]
        linux.begin_to_pair(context.found["peer"])
        told = carried(context, steps.wrongly)
        error = linux.expect_not_paired()
        failed = ours.wait_for_event(lamp, ours.NOT_PAIRED, 10)
        expect_equal("why", failed["why"], why)
        ours.wait_for_event(lamp, ours.DISCONNECTED, 20)
        linux.wait_for_property(context.found["peer"], "Connected", "no")
        steps.expect_no_bond(context)
        return f"{told}; Linux: {error}; we: {failed['why']}, {failed['smp_reason']}; no bond"

    return check


def discovered_meanwhile(context):
    """While people look at the number; bluetoothd may take longer than they do here."""
    context.parties["linux"].wait_for_discovery()
    return "services found"


def paired_by_people(context):
    steps.both_say_yes(context)
    context.parties["linux"].expect_paired()
    return "Pairing successful"


def value_read(context):
    linux, ready = context.parties["linux"], context.found["ready"]
    linux.wait_for_property(context.found["peer"], "ServicesResolved", "yes")
    value = linux.read(ready["characteristic"])
    expect_equal("value", value.hex(), ready["value"])
    return f"{value.hex()} ({value!r})"


def private_address(context):
    """That under which Linux came last: resolvable (its two highest bits are 01), and another one than before."""
    address, claimed = ours.came_as(context.parties["ours"])
    seen = context.found.setdefault("private", [])
    if int(address[:2], 16) >> 6 != 1 or address in seen:
        raise Mismatch(f"{address} is no new resolvable private address; before: {seen}")
    seen.append(address)
    expect_equal("peer whose address it is", claimed, context.found["bonded"]["peer"] if len(seen) > 1 else None)
    return f"{address}, {'peer ' + str(claimed) if claimed else 'a stranger'}"


def disconnected(context):
    context.parties["linux"].disconnect(context.found["peer"])
    return "Successful disconnected"


def reconnected(context):
    """The bond's key encrypts the link, and the value is read over it."""
    lamp, linux = context.parties["ours"], context.parties["linux"]
    before = len(ours.events(lamp, ours.ENCRYPTED))
    linux.connect(context.found["peer"])
    encrypted = ours.wait_for_event(lamp, ours.ENCRYPTED, 10, number=before + 1)
    expect_equal("peer", encrypted["peer"], context.found["bonded"]["peer"])
    expect_equal("level", encrypted["level"], context.found["bonded"]["level"])
    value_read(context)
    return f"level {encrypted['level']}, the value is the same"


def restarted_bluetooth(agent):
    """bluetoothd leaves and comes back to the bonds it stored."""

    def check(context):
        linux = context.parties["linux"]
        linux.stop_bluetooth()
        return steps.start_bluetooth(agent)(context)

    return check


def rebooted(agent):
    """At once, while the link stands; its reset of the controller is what our side sees as silence."""

    def check(context):
        linux, lamp = context.parties["linux"], context.parties["ours"]
        before = len(ours.events(lamp, ours.DISCONNECTED))
        uptime = linux.reboot()
        linux.attach_adapter()
        gone = ours.wait_for_event(lamp, ours.DISCONNECTED, 10, number=before + 1)
        expect_equal("why our link ended", gone["hci_status"], ours.CONNECTION_TIMEOUT)
        steps.start_bluetooth(agent)(context)
        return f"command loop {uptime} s after its start, agent {agent}; our side: {gone['hci_status_name']}"

    return check


def left(context):
    """While linked: Linux is told."""
    told = stopped(context)
    context.parties["linux"].wait_for_property(context.found["peer"], "Connected", "no")
    return told


def stopped(context):
    ours.stop_cleanly(context.parties["ours"])
    return "status 0"
