"""One virtual machine: QEMU without KVM, a console that takes commands, a log directory shared with the
guest, and serial ports that are unix sockets, on which somebody serves a Bluetooth controller.
"""

import re
import socket
import time

from process import POLL_S, TimeLimit, wait_until

QEMU = "/usr/bin/qemu-system-x86_64"
BOOT_LIMIT_S = 90


class GuestError(Exception):
    """A command in the guest failed."""


class VirtualMachine:
    """`controllers`: unix sockets that become /dev/ttyS1, /dev/ttyS2, ...  `shared`: seen by the guest as /log."""

    def __init__(self, name, processes, image, controllers, shared, sockets):
        self.name = name
        self.shared = shared
        self._console_path = sockets / f"{name}.console"
        self._log_path = shared.parent / f"{name}.console.log"
        self._text = ""
        self._number = 0
        self._console = None
        self._process = processes.start(f"{name}.qemu", self._command(image, controllers))

    def _command(self, image, controllers):
        kernel, initramfs = image
        ports = []
        for index, path in enumerate(controllers, start=1):
            ports += ["-chardev", f"socket,id=hci{index},path={path}"]
            ports += ["-device", f"isa-serial,chardev=hci{index},index={index}"]
        return [
            QEMU, "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "384",
            "-display", "none", "-nodefaults", "-monitor", "none",
            "-chardev", f"socket,id=console,path={self._console_path},server=on,wait=off,logfile={self._log_path}",
            "-device", "isa-serial,chardev=console,index=0",
            "-device", "virtio-rng-pci",
            "-virtfs", f"local,path={self.shared},mount_tag=log,security_model=none",
            *ports,
            "-kernel", kernel, "-initrd", initramfs,
            "-append", "console=ttyS0 quiet mitigations=off tsc=reliable panic=-1",
        ]

    def boot(self):
        """Waits for the command loop; returns the guest's uptime in seconds, as text."""
        self._console = wait_until(self._connect, 10, f"console of {self.name}")
        self._console.settimeout(POLL_S)
        return self._wait_for_loop()

    def reboot(self):
        """Resets the machine at once; its serial ports stay connected.  Returns as boot() does."""
        self._console.sendall(b"reboot -f\n")
        self._number = 0
        return self._wait_for_loop()

    def _wait_for_loop(self):
        text, found = self._expect(r"@ready (\S+)\r?\n", BOOT_LIMIT_S)
        missing = re.findall(r"@missing (.*?)\r?\n", text)
        if missing:
            raise GuestError(f"{self.name} booted without: {', '.join(missing)}")
        return found.group(1)

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
