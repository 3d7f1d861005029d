"""What a test has in its hands: folders of its own, and our commands, started as people start them.

The one place that knows options and words of the commands: change it when they change.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path

from process import LIMIT_S, Crew, Mismatch, require

VALUE = "warm white"
LISTENING = r"listening on (\S+)"
ADVERTISING = r"Advertising\."
CONNECTED = r"Connected to ([0-9A-F:]{17}) \((public|random)\)"
DISCONNECTED = r"Disconnected:"
CONSENT = r"May ([0-9A-F:]{17}) \((public|random)\) pair\? \[yes/no\]"
AGAIN = r"May ([0-9A-F:]{17}) \((public|random)\) pair again\? A bond with it stands\. \[yes/no\]"
NUMBER = r"Does the other device show (\d{6})\? \[yes/no\]"
PASSKEY_SHOWN = r"Type this on the other device: (\d{6})"
PASSKEY_WANTED = r"Which six digits does the other device show\? \[digits/no\]"
PASSKEY_AGREED = r"Which six digits did you agree on\? \[digits/no\]"
PASSKEY_CANCELLED = r"A person gave up typing the passkey"
PAIRED = r"Paired: the link is encrypted with a new key"
BONDED = r"The bond is stored\."
ENCRYPTED = r"Encrypted with the key of the stored bond"
WINDOW_CLOSED = r"The pairing window has closed"
WE_HAVE_NO_KEY = r"The peer asked to encrypt with a key that we do not have"
PEER_SAYS_NO_KEY = r"The peer says that it has no key for us"
KEYS_DIFFER = r"The two sides used different keys"
NUMBER_REFUSED = r"Nobody confirmed that both devices show the same number"
WITHDRAWN = r"No answer is wanted any more[^\n]*\n"  # the question itself follows in that line
NOBODY_THERE = r"(Nobody can answer here|The input has ended): that is a no"
READ = re.escape(VALUE)
SENTENCE = re.compile(r"\Akith: [^\n]+\n\Z")
AFTER_A_FAILURE_S = 4.2  # a peer that failed once is not paired with before: real time, and nothing says when it is over


class Skip(Exception):
    """This can't be tried on this machine."""


class Scene:
    """One test's world: nothing outside of its folder is touched."""

    def __init__(self, kith):
        self.kith = kith
        self.folder = Path(tempfile.mkdtemp(prefix="kith-command-", dir="/tmp"))  # socket paths are short
        self.crew = Crew()
        self.environment = {"HOME": str(self.make("home")), "XDG_RUNTIME_DIR": str(self.make("run")),
                            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC"}

    def make(self, name):
        path = self.folder / name
        path.mkdir(mode=0o700)
        return path

    def path(self, name):
        return self.folder / name

    def close(self):
        self.crew.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- starting ----

    def start(self, *arguments, name=None, terminal=False, environment=None, **how):
        told = {**self.environment, **(environment or {})}
        told = {key: value for key, value in told.items() if value is not None}
        return self.crew.start(name or str(arguments[0]), [self.kith, *arguments], terminal=terminal, environment=told,
                               folder=self.folder, **how)

    def controller(self, *options, terminal=True, name="controller"):
        """The virtual radio; ready when this returns."""
        radio = self.start("controller", *options, terminal=terminal, name=name)
        radio.listens_at = radio.expect(LISTENING)[1].removeprefix("unix:")
        return radio

    def serve(self, *options, terminal=True, name="serve", **how):
        """A lamp; ready to be found when this returns."""
        lamp = self.start("serve", *options, terminal=terminal, name=name, **how)
        lamp.expect(r'"event":"advertising"' if "--json" in options else ADVERTISING)
        return lamp

    def pair(self, *options, peer="lamp", terminal=True, name="pair", **how):
        return self.start("pair", *options, peer, terminal=terminal, name=name, **how)

    def run(self, *arguments, limit_s=LIMIT_S, **how):
        """Starts a command, without a person, and waits for its end."""
        how.setdefault("stdin", "ended")
        process = self.start(*arguments, **how)
        process.ends(limit_s=limit_s)
        return process

    # ---- stores ----

    def store(self, stem):
        """Where a command keeps its bonds by default."""
        return Path(self.environment["HOME"]) / ".local/state/kith" / f"{stem}.kith"

    @property
    def pair_store(self):
        return self.store("pair")

    @property
    def serve_store(self):
        return self.store("serve-lamp")

    def bonds(self, store):
        """What `kith bonds list` tells of a store: it must be sound."""
        return self.bonds_of(store)

    def bonds_of(self, store):
        """The same of what --store names, a store of another kind, too."""
        listing = self.run("bonds", "list", "--json", "--store", store)
        require(listing.status() == 0, f"kith bonds list of {store} ended with {listing.status()}: {listing.err}")
        return [json.loads(line) for line in listing.out.splitlines()]

    def bonds_if_there(self, store):
        return self.bonds(store) if store.exists() else []


def compare(first, second, answer="yes"):
    """Both show a number, the same one; both people answer.  Returns the number."""
    numbers = [side.expect(NUMBER)[1] for side in (first, second)]
    require(numbers[0] == numbers[1], f"two numbers: {numbers}")
    for side in (first, second):
        side.say(answer)
    return numbers[0]


def pair_by_number(scene, lamp, *options, **how):
    """One whole pairing with everybody saying yes; returns (the pair command, which has ended well; the number)."""
    phone = scene.pair(*options, **how)
    number = compare(lamp, phone)
    lamp.expect(BONDED)
    phone.expect(PAIRED)
    phone.expect(READ)
    phone.ends(0)
    return phone, number


def one_sentence(process, status, *words):
    """It failed as it must: with this exit status, and one sentence on stderr that holds these words."""
    require(process.status() == status, f"{process.name} ended with {process.status()}, not {status}: {process.err}")
    require(SENTENCE.match(process.err), f"{process.name} wrote on stderr, not one sentence: {process.err!r}")
    for word in words:
        require(re.search(word, process.err), f"{word!r} is not in {process.err!r}")


def usage_error(process, *words):
    """It was used wrongly: exit status 2, and argp's lines (or one sentence of ours)."""
    require(process.status() == 2, f"{process.name} ended with {process.status()}, not 2: {process.err}")
    hint = r"(Try `kith [^\n]*' for more[\n ]information\.\n)?"
    require(re.fullmatch(r"kith[^\n]*\n" + hint, process.err), f"stderr: {process.err!r}")
    for word in words:
        require(re.search(word, process.err), f"{word!r} is not in {process.err!r}")


def children_of(pid):
    """The pids of a process's children, now."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


__all__ = [name for name in dir() if not name.startswith("_")]
