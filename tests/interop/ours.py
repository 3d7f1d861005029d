"""Our own commands, their options and what they print: all in this one place."""

from process import Died, wait_until

NAME = "lamp"
AIR_CAPTURE = "air.pcap"
RADIO_CAPTURE = "radio-2.btsnoop"  # client 1 is our peripheral, client 2 is Linux


def controller_command(kith, socket, directory):
    """Serves controllers of one room: each client of the socket gets its own."""
    return [kith, "controller", "--unix", socket,
            "--pcap", directory / AIR_CAPTURE, "--btsnoop", directory / "radio"]


def peripheral_command(kith, socket):
    """The lamp: pairing window open, Just Works, one characteristic that only an encrypted link may read."""
    return [kith, "serve", "--hci", f"unix:{socket}", "--name", NAME, "--store", "none", "--json", "--show-keys"]


# What the peripheral prints, one JSON object a line, each with its "event":
#   ready    address, address_type (public or random), characteristic (UUID), value (hex): it advertises now
#   bonded   level, key_size, ltk (hex, most significant octet first, as octet_order says)
READY, BONDED = "ready", "bonded"


def wait_for_event(process, name, limit_s):
    """The first event of this name that the process printed, or prints in time."""

    def look():
        process.check_alive()
        return next((e for e in process.json_lines() if e.get("event") == name), None)

    return wait_until(look, limit_s, f"{process.name} prints the event {name}")


def wait_for_socket(process, path, limit_s=10):
    def look():
        process.check_alive()
        return path.is_socket()

    return wait_until(look, limit_s, f"{process.name} serves {path.name}")


def ltk_on_wire(bonded):
    return bytes.fromhex(bonded["ltk"])[::-1]


def stop_cleanly(process):
    """Ends it by SIGTERM; it has to leave with status 0."""
    process.check_alive()
    status = process.stop()
    if status != 0:
        raise Died(f"{process.name} left with status {status}")
