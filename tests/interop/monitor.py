"""QEMU's monitor (QMP): a JSON object a line each way, over a unix socket."""

import json
import socket

from process import POLL_S, wait_until


class Refused(Exception):
    """QEMU did not do what it was told."""


class Monitor:
    def __init__(self, process, path):
        self._process = process
        self._path = path
        self._pending = b""
        self._socket = wait_until(self._connect, 10, f"monitor of {process.name}")
        self._socket.settimeout(POLL_S)
        self.tell("qmp_capabilities")

    def _connect(self):
        self._process.check_alive()
        monitor = socket.socket(socket.AF_UNIX)
        try:
            monitor.connect(str(self._path))
            return monitor
        except OSError:
            monitor.close()
            return None

    def _line(self):
        """The next whole one, or None; it has to come soon."""
        self._process.check_alive()
        if b"\n" not in self._pending:
            try:
                self._pending += self._socket.recv(65536)
            except TimeoutError:
                return None
        line, end, rest = self._pending.partition(b"\n")
        if not end:
            return None
        self._pending = rest
        return json.loads(line)

    def _answer(self):
        """The next line if it is one: a greeting and events are none."""
        line = self._line() or {}
        return line if "return" in line or "error" in line else None

    def tell(self, command, **arguments):
        """Returns what QEMU answers."""
        said = {"execute": command, "arguments": arguments} if arguments else {"execute": command}
        self._socket.sendall(json.dumps(said).encode() + b"\n")
        answer = wait_until(self._answer, 10, f"{self._process.name} answers {command}")
        if "error" in answer:
            raise Refused(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_until_running(self, limit_s=20):
        """A machine that is being resumed takes no input before, and loses what comes."""
        wait_until(lambda: self.tell("query-status")["status"] == "running", limit_s, f"{self._process.name} runs")

    def save(self, path, limit_s=60):
        """The machine's state goes into a file; it has stopped then."""
        self.tell("migrate", uri=f"exec:cat >'{path}'")
        wait_until(self._is_saved, limit_s, f"the state of {self._process.name} is saved")

    def _is_saved(self):
        status = self.tell("query-migrate").get("status")
        if status in ("failed", "cancelled"):
            raise Refused("the state can't be saved")
        return status == "completed"
