"""Checks with a client of another make, `noble` for Node.js (noble/client.js), of an open table of ours.

Parties: ours (`kith serve FILE`), noble.  Facts: node (where its packages are)."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import ours
import steps_table as table
from cell import Mismatch, expect_equal

HERE = Path(__file__).resolve().parent / "noble"
NODE, NPM = "/usr/bin/node", "/usr/bin/npm"
PINNED = ("package.json", "package-lock.json")
INSTALL_LIMIT_S = 240
TEXT = "from node"
# As client.js tells them.
FOUND, DISCOVERED, READ, NOTIFIED, LEFT = "found", "discovered", "read", "notified", "disconnected"
# Read LE Host Support, which is of BR/EDR: Unknown HCI Command, and nothing behind it, which tshark takes for
# malformed.
REFUSED_COMMAND = {"bthci_evt.code": "0x0e", "bthci_evt.opcode": "0x0c6c", "bthci_evt.status": "0x01"}


def installed(context):
    """The very versions and octets that the lock file says; npm asks its registry once for each lock file."""
    directory = context.cache / "node"
    kept = directory / "kept"
    lock = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    if not kept.exists() or kept.read_text() != lock:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for name in PINNED:
            shutil.copy(HERE / name, directory)
        # Its binaries are in the packages: no script of theirs has to run.
        command = [NPM, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=INSTALL_LIMIT_S,
                              check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Mismatch(f"npm ci: status {done.returncode}: {done.stderr.strip()[-300:]}")
        kept.write_text(lock)
        state = "fetched"
    else:
        state = "kept"
    context.found["node"] = directory / "node_modules"
    context.found["on_purpose"] = REFUSED_COMMAND
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    return f"Node.js {version}, packages {state}"


def visited(context):
    """It does all that it does in one visit."""
    server = context.parties["ours"]
    line = (context.found["hci"].parent / ours.SERIAL_LINE).resolve()
    command = [NODE, HERE / "client.js", line, ours.NAME, table.PUBLIC, table.PUBLIC_COUNT, TEXT]
    context.parties["noble"] = noble = context.processes.start(
        "noble", command, environment={**os.environ, "NODE_PATH": str(context.found["node"])})
    ours.must_succeed(noble, 40)
    (found,) = ours.events(noble, FOUND)
    expect_equal("address", found["address"].upper(), context.found["ready"]["address"])
    ours.wait_for_event(server, ours.DISCONNECTED, 10)
    return f"{found['address']} ({found['address_type']}), exit status 0"


def discovered(context):
    (said,) = ours.events(context.parties["noble"], DISCOVERED)
    found = said["characteristics"]
    missing = [uuid for uuid in (table.PUBLIC, table.PUBLIC_COUNT) if uuid.replace("-", "") not in found]
    if missing:
        raise Mismatch(f"not found: {', '.join(missing)}")
    return f"{len(said['services'])} services, {len(found)} characteristics"


def values_read(context):
    """What we served, what it wrote, and of the other value what we served."""
    values = [said["value"] for said in ours.events(context.parties["noble"], READ)]
    expect_equal("values", values, [table.OPEN_TEXT.hex(), TEXT.encode().hex(), table.COUNT.hex()])
    return ", ".join(values)


def value_written(context):
    (came,) = ours.events(context.parties["ours"], ours.WRITTEN)
    expect_equal("name and value", (came["name"], came["value"]), ("public", TEXT.encode().hex()))
    return repr(TEXT)


def value_told(context):
    (came,) = ours.events(context.parties["noble"], NOTIFIED)
    expect_equal("value", came["value"], table.COUNT.hex())
    wants = [said["notifications"] for said in ours.events(context.parties["ours"], ours.SUBSCRIBED)]
    expect_equal("what it wanted, first and last", wants, [True, False])
    return f"{came['value']}; it subscribed, and took that back"
