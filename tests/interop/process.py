"""Child processes and waiting.

Every wait has a limit, and only processes started here are ever ended: each by its own pid, with a
polite signal first.  `Processes` is a context manager, so an exception or Ctrl-C ends them all.
"""

import ctypes
import json
import signal
import subprocess
import time

POLL_S = 0.05
PR_SET_PDEATHSIG = 1


class TimeLimit(Exception):
    """Something did not happen in time."""


class Died(Exception):
    """A process that must live has ended."""


def wait_until(ready, limit_s, what):
    """Calls ready() until it returns something true, and returns that."""
    end = time.monotonic() + limit_s
    while True:
        result = ready()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeLimit(f"not within {limit_s} s: {what}")
        time.sleep(POLL_S)


def _end_with_parent():
    """Runs in the child: if this program is killed outright, the child is not left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child.  Its stdout goes to `<name>.out`, its stderr to `<name>.err` in the log directory.  With
    `answers` somebody sits at its stdin; else that is at its end.  `environment`: this program's own, unless given."""

    def __init__(self, name, argv, directory, answers=False, environment=None):
        self.name = name
        self.out_path = directory / f"{name}.out"
        self.err_path = directory / f"{name}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            # A session of its own: Ctrl-C reaches this program alone, which then ends its children in order.
            self._child = subprocess.Popen([str(a) for a in argv], stdout=out, stderr=err,
                                           stdin=subprocess.PIPE if answers else subprocess.DEVNULL,
                                           start_new_session=True, preexec_fn=_end_with_parent, env=environment)

    @property
    def pid(self):
        return self._child.pid

    def status(self):
        """Exit status (negative: the signal that ended it), or None while it runs."""
        return self._child.poll()

    def check_alive(self):
        if self.status() is not None:
            raise Died(f"{self.name} ended with status {self.status()}: {self.last_words()}")

    def last_words(self):
        said = self.err_path.read_text(errors="replace").strip().splitlines()
        return said[-1] if said else "nothing on stderr"

    def wait(self, limit_s):
        try:
            return self._child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise TimeLimit(f"not within {limit_s} s: end of {self.name}") from None

    def answer(self, line):
        """Types a line into a child that was started with `answers`."""
        self._child.stdin.write(f"{line}\n".encode())
        self._child.stdin.flush()

    def kill(self):
        """SIGKILL, as a power cut: nothing is left in order."""
        self._child.kill()
        self._child.wait(3)

    def stop(self, limit_s=3):
        """SIGTERM, then SIGKILL; returns the exit status."""
        for send in (self._child.terminate, self._child.kill):
            if self.status() is None:
                send()
                try:
                    self._child.wait(limit_s)
                except subprocess.TimeoutExpired:
                    continue
        return self.status()

    def json_lines(self):
        """The whole lines of stdout so far, parsed; a line that is not a JSON object raises ValueError."""
        text = self.out_path.read_text(errors="replace")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.strip()]


class Processes:
    """All children of one cell, ended last to first on leaving."""

    def __init__(self, directory):
        self._directory = directory
        self._all = []

    def start(self, name, argv, answers=False, environment=None):
        process = Process(name, argv, self._directory, answers, environment)
        self._all.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._all):
            process.stop()
