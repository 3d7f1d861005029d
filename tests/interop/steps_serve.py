"""Checks with Linux as central, of our `kith serve`.  Further facts: ready (what it said of itself)."""

import uuid

import ours
import steps
from cell import Mismatch, expect_equal

ATT_ERROR, ATT_READ_BY_TYPE = b"\x01", b"\x08"
ATT_WANTS_SECURITY = {0x05: "Insufficient Authentication", 0x0F: "Insufficient Encryption"}


def _start(context, name, store, io):
    command = ours.peripheral_command(context.kith, context.found["hci"], store, io)
    context.parties["ours"] = peripheral = context.processes.start(name, command, answers=io != "none")
    ready = ours.wait_for_event(peripheral, ours.READY, 20)
    ours.wait_for_event(peripheral, ours.ADVERTISING, 20)
    return ready


def start(store="none", io="none"):
    """`store`: "none", or the name of a file in the cell's directory."""

    def check(context):
        path = store if store == "none" else context.directory / store
        context.found["ready"] = ready = _start(context, "lamp", path, io)
        return f"{ready['address']} ({ready['address_type']}) advertises as {ours.NAME}"

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


def paired(context):
    """Nobody is asked anything."""
    linux = context.parties["linux"]
    linux.begin_to_pair(context.found["peer"])
    linux.expect_paired()
    return "Pairing successful"


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


def stopped(context):
    ours.stop_cleanly(context.parties["ours"])
    return "status 0"
