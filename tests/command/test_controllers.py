"""Controllers that are not there, are somebody else's, talk rubbish, or say nothing: one sentence, status 1, in time."""

import hashlib
import os
import pty
import socket
import sys
from pathlib import Path

from case import case
from scene import *

FALSE = Path(__file__).with_name("false_controller.py")
ROLES = {"pair": ("pair", "lamp"), "serve": ("serve",)}
START_S = 40


def stores_of(scene):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in scene.folder.rglob("*.kith")}


def with_store(scene):
    """A store with an identity in it, so that there is something to lose."""
    radio = scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    lamp.stop()
    radio.stop()
    return stores_of(scene)


def fails(scene, role, where, *words, limit_s=START_S):
    """One sentence, status 1, in time."""
    process = scene.run(*ROLES[role], "--hci", where, limit_s=limit_s)
    one_sentence(process, 1, *words)
    return process


def each_role(says, limit_s=60, seconds=1.0):
    def register(function):
        for role in ROLES:
            case(f"{role}: {says}", limit_s, seconds)(lambda scene, role=role: function(scene, role))
        return function
    return register


@each_role("no socket there: the sentence names it", seconds=0.1)
def absent_socket(scene, role):
    fails(scene, role, f"unix:{scene.path('nobody')}", str(scene.path("nobody")))


@each_role("no controller at the default place: the sentence says how to get one", seconds=0.1)
def absent_default(scene, role):
    process = scene.run(*ROLES[role])
    one_sentence(process, 1, "kith controller")


@each_role("a socket on which nobody listens", seconds=0.1)
def dead_socket(scene, role):
    path = scene.path("dead")
    socket.socket(socket.AF_UNIX).bind(str(path))
    fails(scene, role, f"unix:{path}", str(path))


@each_role("a file where a socket should be", seconds=0.1)
def file_as_socket(scene, role):
    path = scene.path("file")
    path.write_text("not a socket")
    fails(scene, role, f"unix:{path}", str(path))
    require(path.read_text() == "not a socket", "the file has changed")


@each_role("a refused TCP port", seconds=0.1)
def refused_port(scene, role):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        port = taken.getsockname()[1]
        fails(scene, role, f"tcp:127.0.0.1:{port}", f"127.0.0.1:{port}", "refused")


@each_role("a TCP host that has no address", seconds=1)
def bad_host(scene, role):
    fails(scene, role, "tcp:no.such.host.invalid:4444", "no.such.host.invalid")


@each_role("a TCP host that does not answer: a few seconds, not minutes", seconds=6)
def deaf_host(scene, role):
    """A full backlog takes no more connections: they wait."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        port = door.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        fails(scene, role, f"tcp:127.0.0.1:{port}", limit_s=20)
        for one in waiting:
            one.close()


@each_role("a serial line that is not there", seconds=0.1)
def absent_line(scene, role):
    fails(scene, role, f"uart:{scene.path('tty')}", str(scene.path("tty")))


@each_role("a file where a serial line should be", seconds=0.1)
def file_as_line(scene, role):
    path = scene.path("file")
    path.write_text("no line")
    fails(scene, role, f"uart:{path}", str(path))
    require(path.read_text() == "no line", "the file has changed")


@each_role("a serial line that another kith holds", seconds=1)
def busy_line(scene, role):
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    os.close(slave)
    first = scene.start("serve", "--hci", f"uart:{path}", "--store", scene.path("first"), name="holder")
    scene.crew.wait(lambda: any(Path(f"/proc/{first.pid}/fd").glob("*")) and any(
        os.path.realpath(p) == path for p in Path(f"/proc/{first.pid}/fd").glob("*")), 5, "the line is open")
    fails(scene, role, f"uart:{path}", path)
    os.close(master)


@each_role("a Bluetooth adapter that is not there", seconds=0.1)
def absent_adapter(scene, role):
    fails(scene, role, "hci7", "hci7")


@each_role("a capture that cannot be written", seconds=0.3)
def bad_capture(scene, role):
    scene.controller()
    path = scene.path("no folder") / "hci.btsnoop"
    one_sentence(scene.run(*ROLES[role], "--btsnoop", path), 1, re.escape(str(path)))
    one_sentence(scene.run(*ROLES[role], "--btsnoop", "/dev/full"), 1, "/dev/full")


def false_controller(scene, behaviour):
    path = scene.path("false")
    scene.crew.start("false controller", [sys.executable, FALSE, path, behaviour]).expect("listening")
    return f"unix:{path}"


def register_false(behaviour, says, seconds):
    @each_role(f"{says}: one sentence in time, nothing lost", 90, seconds)
    def run(scene, role):
        before = with_store(scene)
        fails(scene, role, false_controller(scene, behaviour))
        require(stores_of(scene) == before, "a store has changed")


register_false("rubbish", "a controller that answers rubbish", 15)
register_false("silent", "a controller that never answers", 15)
register_false("flood", "a controller that floods and never answers", 15)
register_false("lies", "a controller that answers every command with nothing", 4)
register_false("hangup", "a controller that hangs up at once", 4)
register_false("dies", "a controller that goes after its first answer", 4)


@each_role("a controller that stops answering in the middle: it ends, or starts anew, and says so", 90, 40)
def stopped_controller(scene, role):
    """SIGSTOP: the socket stands, nothing moves."""
    import signal
    radio = scene.controller()
    lamp = scene.serve()
    phone = scene.pair()
    for side in (lamp, phone):
        side.expect(NUMBER)
    before = stores_of(scene)
    radio.signal(signal.SIGSTOP)
    for side in (lamp, phone):
        side.say("yes")
    watched = {"pair": phone, "serve": lamp}[role]
    watched.ends(1, limit_s=75)
    one_sentence(watched, 1)
    require(stores_of(scene) == before, "a store has changed")


def told_version(where):
    """HCI and LMP version in the answer to Read Local Version Information."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(where))
        line.sendall(bytes.fromhex("01011000"))
        answer = b""
        while len(answer) < 15:
            answer += line.recv(15 - len(answer)) or b"\0" * 15
    return answer[7], answer[10]


@case("the radio's controllers are of the age asked for, whichever door a client comes in by", seconds=1)
def core(scene):
    for name, version in (("4.2-bare", 8), ("4.2", 8), ("5.0", 9), ("5.4", 13)):
        doors = [scene.path(f"door {i} {name}") for i in range(2)]
        radio = scene.controller("--core", name, "--unix", doors[0], "--unix", doors[1], name=f"controller {name}")
        radio.expect(LISTENING)
        for door in doors:
            require(told_version(door) == (version, version), f"{name} is not version {version}")
        require(radio.stop() == 0, "the controller did not end in order")


@case("an age that there is no controller of is refused, and those that there are named", seconds=0.1)
def wrong_core(scene):
    usage_error(scene.run("controller", "--core", "4.1"), "4.2-bare, 4.2, 5.0", "5.4", "'4.1'")


def register_age(name):
    @case(f"serve and pair meet on controllers of age {name}", seconds=3)
    def run(scene):
        scene.controller("--core", name)
        pair_by_number(scene, scene.serve())


for age in ("4.2-bare", "4.2", "5.0", "5.4"):
    register_age(age)
