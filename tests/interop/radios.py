"""The radios that cells run on.  Each serves any number of clients on one unix socket, each with a controller of its
own, and writes a capture of each client's HCI traffic (ours.CLIENT_CAPTURES).

Facts found here: hci (the socket).  Party: radio (the processes that make it, the first to stop first).
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable

import ours
from cell import Context, Mismatch

HERE = Path(__file__).resolve().parent
BTVIRT = "/usr/bin/btvirt"
BTVIRT_DOOR = "bt-server-le"  # to its controllers that are of Low Energy alone
BTVIRT_LAST_DOOR = "bt-server-mon"  # once it is there, all are open


@dataclass(frozen=True)
class Radio:
    prefix: str  # of the names of its cells
    on: str  # what their titles end in
    start: Callable[[Context], str]
    air: tuple[str, ...]  # captures besides those of its clients
    extended: bool = False  # it has extended advertising


def stop(context):
    for process in context.parties["radio"]:
        ours.stop_cleanly(process)
    return "status 0"


def captures_of(context, radio):
    """In all rooms that there were (steps_exchange.py)."""
    rooms = [context.directory, *context.found.get("rooms", [])]
    return [capture for room in rooms for capture in (*ours.client_captures(room), *(room / name for name in radio.air))]


def _start_kith(context, core=None):
    socket = context.sockets / "hci"
    command = ours.controller_command(context.kith, socket, context.directory, core)
    radio = context.processes.start("radio", command)
    context.parties["radio"] = [radio]
    ours.wait_for_socket(radio, socket)
    context.found["hci"] = socket
    return f"H4 on a unix socket, process {radio.pid}"


def _compiled_shim(directory):
    shim = directory / "btvirt_shim.so"
    command = ["cc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-o", shim, HERE / "btvirt_shim.c", "-lcrypto"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise Mismatch(f"btvirt_shim.c: {done.stderr.strip()}")
    return shim


def _start_btvirt(context):
    """It and the bridge in front of it."""
    environment = {**os.environ, "LD_PRELOAD": str(_compiled_shim(context.sockets)),
                   "BTVIRT_SOCKETS": str(context.sockets)}
    controller = context.processes.start("btvirt", [BTVIRT, "-s"], environment=environment)
    context.parties["radio"] = [controller]
    ours.wait_for_socket(controller, context.sockets / BTVIRT_LAST_DOOR)
    socket = context.sockets / "hci"
    bridge = context.processes.start("bridge", [sys.executable, HERE / "bridge.py", socket,
                                                context.sockets / BTVIRT_DOOR, context.directory / "radio"])
    context.parties["radio"].insert(0, bridge)
    ours.wait_for_socket(bridge, socket)
    context.found["hci"] = socket
    return f"H4 on a unix socket, btvirt {controller.pid}, bridge {bridge.pid}"


def _of_core(core, extended):
    """Ours, as they were built at that Core version."""
    return Radio(f"core-{core}-", f", on controllers of Core {core}", partial(_start_kith, core=core),
                 (ours.DECRYPTED_CAPTURE,), extended)


KITH_CONTROLLER = Radio("", "", _start_kith, (ours.DECRYPTED_CAPTURE,))
KITH_CORE_4_2_BARE = _of_core("4.2-bare", extended=False)
KITH_CORE_5_0, KITH_CORE_5_4 = (_of_core(core, extended=True) for core in ("5.0", "5.4"))
BLUEZ_CONTROLLER = Radio("btvirt-", ", on btvirt", _start_btvirt, ())
