"""The checks that cells are made of.  Each takes the context of its cell and returns what it found.

Parties in a context: radio and lamp (our two processes), linux.  Facts found on the way: image, hci (the
radio's socket), ready (what the lamp said of itself), peer (its address as Linux found it), bond.
"""

import uuid

import captures
import image
import ours
from cell import Mismatch, expect_equal
from linux import MONITOR_CAPTURE, Linux
from vm import VirtualMachine

ATT_ERROR, ATT_READ_BY_TYPE = b"\x01", b"\x08"
ATT_WANTS_SECURITY = {0x05: "Insufficient Authentication", 0x0F: "Insufficient Encryption"}
COMMAND_TABLE = "commands.txt"


def build_image(context):
    kernel, initramfs, description = image.build(context.cache)
    context.found["image"] = (kernel, initramfs)
    return description


def start_radio(context):
    socket = context.sockets / "hci"
    command = ours.controller_command(context.kith, socket, context.directory)
    radio = context.processes.start("radio", command)
    ours.wait_for_socket(radio, socket)
    context.parties["radio"] = radio
    context.found["hci"] = socket
    return f"H4 on a unix socket, process {radio.pid}"


def start_peripheral(context):
    peripheral = context.processes.start("lamp", ours.peripheral_command(context.kith, context.found["hci"]))
    context.parties["lamp"] = peripheral
    context.found["ready"] = ready = ours.wait_for_event(peripheral, ours.READY, 20)
    return f"{ready['address']} ({ready['address_type']}) advertises as {ours.NAME}"


def boot_linux(context):
    shared = context.directory / "linux"
    shared.mkdir()
    machine = VirtualMachine("linux", context.processes, context.found["image"], [context.found["hci"]], shared,
                             context.sockets)
    context.parties["linux"] = Linux(machine, context.say)
    return f"command loop {machine.boot()} s after its start"


def attach_adapter(context):
    linux = context.parties["linux"]
    linux.attach_adapter()
    linux.power_on_unmanaged()
    return "hci0 is up on our controller"


def refused_before_pairing(context):
    linux, ready = context.parties["linux"], context.found["ready"]
    request = ATT_READ_BY_TYPE + bytes.fromhex("0100ffff") + uuid.UUID(ready["characteristic"]).bytes[::-1]
    response = linux.request_without_pairing(ready["address"], ready["address_type"], request)
    if response[:2] != ATT_ERROR + ATT_READ_BY_TYPE or response[4] not in ATT_WANTS_SECURITY:
        raise Mismatch(f"not refused for want of security: {response.hex()}")
    return f"{ATT_WANTS_SECURITY[response[4]]} (0x{response[4]:02x}) at handle 0x{response[3]:02x}{response[2]:02x}"


def start_bluetooth(agent):
    """bluetoothd takes the adapter over; its user has these IO capabilities."""

    def check(context):
        linux = context.parties["linux"]
        linux.start_bluetooth(agent)
        linux.power_on()
        return f"agent {agent}"

    return check


def find_peripheral(context):
    linux = context.parties["linux"]
    address = context.found["peer"] = linux.find(ours.NAME)
    expect_equal("address", address, context.found["ready"]["address"])
    return f"{address} {ours.NAME}"


def pair(context):
    context.parties["linux"].pair(context.found["peer"])
    return "Pairing successful"


def read_value(context):
    linux, ready = context.parties["linux"], context.found["ready"]
    linux.wait_for_services(context.found["peer"])
    value = linux.read(ready["characteristic"])
    expect_equal("value", value.hex(), ready["value"])
    return f"{value.hex()} ({value!r})"


def same_key(context):
    bonded = ours.wait_for_event(context.parties["lamp"], ours.BONDED, 10)
    bond = context.found["bond"] = context.parties["linux"].bond(context.found["peer"])
    if bond.ltk != ours.ltk_on_wire(bonded):
        raise Mismatch("Linux's LTK is not ours")  # the keys stand in the logs, not on the screen
    return f"{len(bond.ltk)} octets, equal"


def key_is(kind, size):
    """Linux's stored key is of this kind (one of Bond.KEY_TYPES) and size."""

    def check(context):
        bond = context.found["bond"]
        expect_equal("key type", bond.kind, kind)
        expect_equal("key size", bond.key_size, size)
        return f"{bond.kind}, {bond.key_size} octets"

    return check


def disconnect(context):
    context.parties["linux"].disconnect(context.found["peer"])
    return "Successful disconnected"


def power_off(context):
    expect_equal("status of QEMU", context.parties["linux"].power_off(), 0)
    return "Linux powered off"


def stop_ours(context):
    for name in ("lamp", "radio"):
        ours.stop_cleanly(context.parties[name])
    return "status 0"


def list_commands(context):
    answers = captures.commands(context.directory / "linux" / MONITOR_CAPTURE)
    (context.directory / COMMAND_TABLE).write_text(captures.table(answers))
    if not answers:
        raise Mismatch("no command in the capture")
    silent = [a.command for a in answers if a.status is None]
    if silent:
        raise Mismatch(f"no answer to: {', '.join(silent)}")
    unknown = [a.command for a in answers if a.status == captures.UNKNOWN_COMMAND]
    refused = [f"{a.command}: {a.told}" for a in answers if a.status not in (0, captures.UNKNOWN_COMMAND)]
    return (
        f"{sum(a.times for a in answers)} of {len({a.opcode for a in answers})} kinds ({COMMAND_TABLE}); "
        f"Unknown HCI Command: {', '.join(unknown) or 'none'}; other errors: {', '.join(refused) or 'none'}"
    )


def dissect(context):
    counted = []
    for capture in (context.directory / "linux" / MONITOR_CAPTURE, context.directory / ours.RADIO_CAPTURE):
        packets, bad = captures.malformed(capture)
        if bad:
            raise Mismatch(f"{capture.name}: {len(bad)} malformed, first: {bad[0].strip()}")
        counted.append(f"{capture.name} {packets}")
    return f"packets: {', '.join(counted)}"
