"""Child processes on a terminal or on pipes, and waiting for what they say.

One thread: whoever waits for one process drains all of them, so none blocks on a full pipe meanwhile.  Every wait has a
limit.  Children are ended by their own pid alone, and end with the test that started them, kill -9 included.
"""

import ctypes
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import time

LIMIT_S = 12
PR_SET_PDEATHSIG = 1
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\r\x07\x0f]")

_libc = ctypes.CDLL(None)


class Mismatch(Exception):
    """Something is not as it must be."""


def require(truth, what):
    if not truth:
        raise Mismatch(what)


class Process:
    """One child.  terminal: its stdin and stdout are a terminal of its own.  stdin: "open", "ended" or "terminal".
    errors: "terminal": its stderr is that terminal, too."""

    def __init__(self, crew, name, argv, terminal=False, stdin="open", environment=None, folder=None, file_limit=None,
                 stdout=None, errors="pipe"):
        self.crew, self.name, self.argv = crew, name, argv
        self.terminal = terminal
        self.ended_at = None
        self._raw = {"out": b"", "err": b""}
        self._fds = {}
        self._read = 0
        master = slave = None
        if terminal:
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))

        def become():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            if terminal:
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            if file_limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
            if stdout == "none":
                os.close(1)

        source = slave if terminal else subprocess.PIPE if stdin == "open" else subprocess.DEVNULL
        sink = slave if terminal else stdout if isinstance(stdout, int) else subprocess.PIPE
        self._child = subprocess.Popen([str(a) for a in argv], stdin=source, stdout=sink,
                                       stderr=slave if errors == "terminal" else subprocess.PIPE,
                                       start_new_session=True, preexec_fn=become, env=environment, cwd=folder)
        if terminal:
            os.close(slave)
            self._in = master
            self._fds[master] = "out"
        else:
            self._in = self._child.stdin.fileno() if self._child.stdin else None
            if self._child.stdout:
                self._fds[self._child.stdout.fileno()] = "out"
        if self._child.stderr:
            self._fds[self._child.stderr.fileno()] = "err"

    # ---- what it said ----

    @staticmethod
    def _plain(octets):
        return ESCAPES.sub("", octets.decode(errors="replace"))

    @property
    def out(self):
        return self._plain(self._raw["out"])

    @property
    def err(self):
        return self._plain(self._raw["err"])

    @property
    def raw_out(self):
        return self._raw["out"]

    def transcript(self):
        status = self.status()
        ended = f", ended with {status}" if status is not None else ", runs"
        return f"--- {self.name}: {' '.join(str(a) for a in self.argv)}{ended}\n{self.out}{self.err}"

    # ---- waiting ----

    @property
    def pid(self):
        return self._child.pid

    def status(self):
        """Exit status (negative: the signal that ended it), or None while it runs."""
        return self._child.poll()

    def descriptors(self):
        return self._fds

    def take(self, fd):
        try:
            octets = os.read(fd, 65536)
        except OSError:  # a terminal whose other side is closed
            octets = b""
        if not octets:
            del self._fds[fd]
        self._raw[self._fds.get(fd, "out")] += octets

    def expect(self, pattern, limit_s=LIMIT_S):
        """Waits until it says this, after what was found last; returns the match."""
        found = self.expect_one({"it": pattern}, limit_s)
        return found[1]

    def expect_one(self, patterns, limit_s=LIMIT_S):
        """Waits for the first of several; returns (its key, the match)."""
        def look():
            text = self.out
            hits = [(m.start(), key, m) for key, p in patterns.items() if (m := re.compile(p).search(text, self._read))]
            return min(hits, key=lambda hit: hit[0]) if hits else None

        hit = self.crew.wait(look, limit_s, f"{self.name} says {' or '.join(patterns.values())!r}", self)
        self._read = hit[2].end()
        return hit[1], hit[2]

    def has_said(self, pattern):
        """So far, on stdout or stderr."""
        return re.search(pattern, self.out + self.err) is not None

    def ends(self, status=None, limit_s=LIMIT_S):
        """Waits for its end and all it said; returns its exit status, which must be this one if one is given."""
        self.crew.wait(lambda: self.status() is not None, limit_s, f"the end of {self.name}")
        self.crew.drain(self)
        require(status is None or self.status() == status, f"{self.name} ended with {self.status()}, not {status}")
        return self.status()

    # ---- acting ----

    def say(self, line):
        """Types a line."""
        try:
            os.write(self._in, (line + "\n").encode())
        except OSError:
            pass  # it has gone; what comes of it is looked at elsewhere

    def press(self, key):
        os.write(self._in, key)

    def end_input(self):
        if self.terminal:
            os.write(self._in, b"\x04")
        else:
            self._child.stdin.close()
            self._in = None

    def close_output(self):
        """Nobody reads its stdout any more."""
        for fd, kind in list(self._fds.items()):
            if kind == "out":
                del self._fds[fd]
                os.close(fd) if self.terminal else self._child.stdout.close()

    def signal(self, number):
        if self.status() is None:
            os.kill(self.pid, number)

    def kill(self):
        """kill -9, and waits until it has gone."""
        self.signal(signal.SIGKILL)
        self._child.wait(5)
        self.crew.drain(self)

    def stop(self):
        """SIGTERM, as a service is stopped; returns its exit status."""
        self.signal(signal.SIGTERM)
        return self.ends()

    def interrupt(self):
        """Ctrl-C: typed, where there is a terminal."""
        if self.terminal:
            self.press(b"\x03")
        else:
            self.signal(signal.SIGINT)


class Crew:
    """All processes of one test."""

    def __init__(self):
        self.all = []

    def start(self, name, argv, **how):
        process = Process(self, name, argv, **how)
        self.all.append(process)
        return process

    def _pump(self, limit_s):
        owners = {fd: p for p in self.all for fd in p.descriptors()}
        for fd in select.select(list(owners), [], [], limit_s)[0]:
            owners[fd].take(fd)

    def wait(self, ready, limit_s, what, who=None):
        """Calls ready() until it returns something true, and returns that."""
        end = time.monotonic() + limit_s
        while True:
            if result := ready():
                return result
            gone = who is not None and who.status() is not None
            if gone:
                self.drain(who)
                if result := ready():
                    return result
                raise Mismatch(f"ended with {who.status()} before {what}")
            left = end - time.monotonic()
            if left <= 0:
                raise Mismatch(f"not within {limit_s} s: {what}")
            self._pump(min(left, 0.02))

    def drain(self, process):
        """Reads what an ended process left; what its own children still hold open is not waited for."""
        while process.descriptors():
            ready = select.select(list(process.descriptors()), [], [], 0.2)[0]
            if not ready:
                return
            for fd in ready:
                process.take(fd)

    def pause(self, seconds):
        """Lets time pass, for what must not happen."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pump(min(left, 0.05))

    def end(self):
        for process in reversed(self.all):
            if process.status() is None:
                process.kill()

    def transcripts(self):
        return "\n".join(process.transcript() for process in self.all)
