"""One virtual machine: QEMU without KVM, a console that takes commands, a log directory shared with the
guest, and a serial port that is a unix socket, on which somebody serves a Bluetooth controller.

A boot takes ten seconds, so one machine boots, and its state is saved; the others go on from there.  Whatever a machine
must have of its own it gets when it has its command loop: the log directory, which is no part of a saved state, and the
time of day.  Its random numbers are its own too: QEMU names each machine anew (vmgenid), and the kernel, told that it
is another machine now, seeds its generator again.
"""

import hashlib
import os
import re
import socket
import subprocess
import time

from monitor import Monitor
from process import POLL_S, TimeLimit, wait_until

QEMU = "/usr/bin/qemu-system-x86_64"
BOOT_LIMIT_S = 90
RESEEDED = "crng reseeded due to virtual machine fork"
MOUNT_LOG = "mount -t 9p -o trans=virtio,version=9p2000.L,msize=65536 log /log"


class GuestError(Exception):
    """A command in the guest failed."""


def hardware(image):
    """What a machine that goes on must have in common with the one that was saved."""
    kernel, initramfs = image
    return [
        "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "384", "-display", "none", "-nodefaults",
        "-device", "isa-serial,chardev=console,index=0",
        "-device", "isa-serial,chardev=hci,index=1",
        "-device", "virtio-rng-pci",
        "-device", "vmgenid,guid=auto",
        "-kernel", str(kernel), "-initrd", str(initramfs),
        "-append", "console=ttyS0 quiet mitigations=off tsc=reliable panic=-1",
    ]


class VirtualMachine:
    """`controller`: a unix socket that becomes /dev/ttyS1, or None.  `shared`: seen by the guest as /log.  `state`: one
    that was saved, from which it goes on; None: it boots."""

    def __init__(self, name, processes, image, controller, shared, sockets, state=None):
        self.name = name
        self.shared = shared
        self._console_path = sockets / f"{name}.console"
        self._monitor_path = sockets / f"{name}.monitor"
        self._log_path = shared.parent / f"{name}.console.log"
        self._state = state
        self._text = ""
        self._number = 0
        self._console = None
        self._monitor = None
        self._process = processes.start(f"{name}.qemu", self._command(image, controller))

    def _command(self, image, controller):
        hci = f"socket,id=hci,path={controller}" if controller else "null,id=hci"
        return [
            QEMU,
            "-qmp", f"unix:{self._monitor_path},server=on,wait=off",
            "-chardev", f"socket,id=console,path={self._console_path},server=on,wait=off,logfile={self._log_path}",
            "-chardev", hci,
            "-virtfs", f"local,path={self.shared},mount_tag=log,security_model=none",
            *hardware(image),
            *(["-incoming", f"exec:cat '{self._state}'"] if self._state else []),
        ]

    def begin(self):
        """Waits for the command loop; returns the guest's uptime in seconds, as text."""
        self._monitor = Monitor(self._process, self._monitor_path)
        self._console = wait_until(self._connect, 10, f"console of {self.name}")
        self._console.settimeout(POLL_S)
        if not self._state:
            return self._wait_for_loop()
        self._monitor.wait_until_running()
        wait_until(lambda: RESEEDED in self.must("dmesg"), 10, f"the kernel of {self.name} seeds its generator again")
        return self._settle()

    def reboot(self):
        """Resets the machine at once; its serial ports stay connected.  Returns as begin() does."""
        self._console.sendall(b"reboot -f\n")
        self._number = 0
        return self._wait_for_loop()

    def save(self, state):
        """As it stands at its command loop; it is gone then."""
        self.must("umount /log")
        self._console.sendall(b"number=-1\n")  # of the next command: 0, as after a boot
        self._expect(r"@done -1 0\r?\n", 10)
        self._monitor.save(state)
        self._process.stop()

    def _wait_for_loop(self):
        text, found = self._expect(r"@ready (\S+)\r?\n", BOOT_LIMIT_S)
        missing = re.findall(r"@missing (.*?)\r?\n", text)
        if missing:
            raise GuestError(f"{self.name} booted without: {', '.join(missing)}")
        self._settle()
        return found.group(1)

    def _settle(self):
        """What is this machine's own; returns the uptime."""
        self.must(f"{MOUNT_LOG} && date -s @{int(time.time())}")
        return self.must("cut -d' ' -f1 /proc/uptime").strip()

    def _connect(self):
        self._process.check_alive()
        console = socket.socket(socket.AF_UNIX)
        try:
            console.connect(str(self._console_path))
            return console
        except OSError:
            console.close()
            return None

    def _expect(self, pattern, limit_s):
        """(text before, match); both are consumed."""
        end = time.monotonic() + limit_s
        while True:
            found = re.search(pattern, self._text)
            if found:
                before = self._text[: found.start()]
                self._text = self._text[found.end() :]
                return before, found
            if time.monotonic() > end:
                raise TimeLimit(f"not within {limit_s} s on the console of {self.name}: {pattern}; "
                                f"last: {self._text[-200:]!r}")
            self._process.check_alive()
            try:
                self._text += self._console.recv(65536).decode("utf-8", "replace")
            except TimeoutError:
                continue

    def run(self, command, limit_s=20):
        """Runs one line in the guest's shell; returns (exit status, output)."""
        self._console.sendall(command.encode() + b"\n")
        output, found = self._expect(rf"@done {self._number} (\d+)\r?\n|@ready", limit_s)
        if found.group(1) is None:
            raise GuestError(f"{self.name} has started anew by itself")
        self._number += 1
        return int(found.group(1)), output.replace("\r", "")

    def must(self, command, limit_s=20):
        """As run(), but the command has to succeed; returns its output."""
        status, output = self.run(command, limit_s)
        if status != 0:
            raise GuestError(f"{self.name}: {command}: status {status}: {output.strip()[-300:]}")
        return output

    def power_off(self, limit_s=15):
        """An orderly end; returns QEMU's exit status."""
        self._console.sendall(b"poweroff -f\n")
        return self._process.wait(limit_s)


# The machine that the others go on from.


def _state_path(image, cache):
    """Named by all that it depends on."""
    version = subprocess.run([QEMU, "--version"], capture_output=True, check=True, timeout=20).stdout
    key = hashlib.sha256(version + "\0".join(hardware(image)).encode())
    return cache / f"booted-{key.hexdigest()[:16]}.state"


def booted_state(processes, image, cache, directory, sockets):
    """(state, what it took): that of a machine that has just booted, kept in the cache and made if it is not there."""
    state = _state_path(image, cache)
    if state.exists():
        return state, "its state was kept"
    shared = directory / "booted"
    shared.mkdir()
    machine = VirtualMachine("booted", processes, image, None, shared, sockets)
    uptime = machine.begin()
    part = state.with_suffix(".part")
    machine.save(part)
    for old in cache.glob("booted-*.state"):
        old.unlink()
    os.replace(part, state)
    return state, f"booted, command loop {uptime} s after its start"
