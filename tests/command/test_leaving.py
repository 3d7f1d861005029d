"""Ctrl-C at every stage, SIGTERM, and nobody reading: one sentence, the right status, nobody left hanging."""

import os
import signal

from case import case
from scene import *

AFTER_S = 5
NOBODY_READS = "nobody reads what this program prints"


def interrupted(process):
    """Ends in order, with a sentence: on stderr what failed by it, on stdout what was no failure."""
    process.interrupt()
    process.ends(130, limit_s=AFTER_S)
    if process.err:
        one_sentence(process, 130)
    else:
        require(process.has_said("Leaving|Ctrl-C|[Ss]topped"), f"{process.name} says nothing of leaving")


@case("Ctrl-C while pair looks for its peer", seconds=1)
def while_looking(scene):
    scene.controller()
    phone = scene.pair()
    phone.expect("controller is up")
    interrupted(phone)


@case("Ctrl-C while pair is connected and a number is asked: the lamp is told, and goes on", seconds=7)
def at_number(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    interrupted(phone)
    lamp.expect(WITHDRAWN)
    scene.crew.pause(AFTER_A_FAILURE_S)
    pair_by_number(scene, lamp)


@case("Ctrl-C while pair has connected", seconds=2)
def at_connection(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    phone.expect(CONNECTED)
    interrupted(phone)
    require(lamp.status() is None, "the lamp has gone")


@case("Ctrl-C after yes, while the other side is waited for", seconds=3)
def after_yes(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    phone.say("yes")
    scene.crew.pause(0.2)
    interrupted(phone)
    lamp.expect(DISCONNECTED)
    require(scene.bonds(scene.pair_store) == [] == scene.bonds(scene.serve_store), "there is a bond")


@case("Ctrl-C at the question whether to pair again", seconds=5)
def at_pair_again(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    lamp.stop()
    require(scene.run("bonds", "forget", "1", "--store", scene.serve_store).status() == 0, "not forgotten")
    scene.serve(name="serve, which forgot")
    before = scene.pair_store.read_bytes()
    phone = scene.pair()
    phone.expect(r"[Pp]air again\?.*\[yes/no\]")
    interrupted(phone)
    require(scene.pair_store.read_bytes() == before, "the store has changed")


@case("Ctrl-C at the lamp's question whether somebody may pair", seconds=3)
def at_consent(scene):
    scene.controller()
    lamp = scene.serve("--window", "0")
    phone = scene.pair()
    lamp.expect(CONSENT)
    interrupted(lamp)
    phone.ends(1)
    one_sentence(phone, 1)


@case("Ctrl-C at the lamp's number: the phone is told and ends", seconds=3)
def lamp_at_number(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    interrupted(lamp)
    phone.ends(1)
    one_sentence(phone, 1)


@case("Ctrl-C at an idle lamp", seconds=1)
def idle_lamp(scene):
    scene.controller()
    interrupted(scene.serve())


@case("Ctrl-C while the controller does not answer yet", seconds=1)
def at_start(scene):
    import sys
    from pathlib import Path
    path = scene.path("false")
    scene.crew.start("false controller", [sys.executable, Path(__file__).with_name("false_controller.py"), path,
                                          "silent"]).expect("listening")
    for command in (("serve",), ("pair", "lamp")):
        process = scene.start(*command, "--hci", f"unix:{path}", terminal=True)
        scene.crew.pause(0.3)
        interrupted(process)


@case("Ctrl-C at the controller: its hosts are told and end with 1", seconds=2)
def controller(scene):
    radio = scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    interrupted(radio)
    for side in (lamp, phone):
        side.ends(1)
        one_sentence(side, 1, "controller")


@case("SIGTERM ends serve and controller with status 0 and nothing on stderr", seconds=1)
def terminated(scene):
    radio = scene.controller()
    lamp = scene.serve()
    for process in (lamp, radio):
        require(process.stop() == 0 and process.err == "", f"{process.name}: {process.status()} {process.err}")


@case("the terminal is as before after Ctrl-C, kill -TERM and an answer", seconds=5)
def terminal_restored(scene):
    import pty
    import termios

    def state(process):
        return termios.tcgetattr(process._in)[:4]

    scene.controller()
    fresh_master, fresh_slave = pty.openpty()
    wanted = termios.tcgetattr(fresh_slave)[:4]
    for end in (lambda p: p.interrupt(), lambda p: p.signal(signal.SIGTERM), lambda p: p.say("no")):
        lamp = scene.serve()  # a new one, which nobody has failed to pair with
        phone = scene.pair()
        phone.expect(NUMBER)
        lamp.expect(NUMBER)
        end(phone)
        phone.ends()
        require(state(phone) == wanted, "the terminal is not as it was")
        lamp.stop()
    os.close(fresh_master)
    os.close(fresh_slave)


@case("a terminal that goes away ends serve and pair", seconds=3)
def hangup(scene):
    scene.controller()
    lamp, phone = scene.serve(), scene.pair()
    lamp.expect(NUMBER)
    phone.expect(NUMBER)
    for side in (phone, lamp):
        side.close_output()
        side.ends(limit_s=AFTER_S)
        require(side.status() not in (0, None), f"{side.name} ended with {side.status()}")


def nobody_reads(scene, *command, **how):
    process = scene.run(*command, stdout="none", **how)
    one_sentence(process, 1, NOBODY_READS)


@case("stdout closed from the start: one sentence, status 1", seconds=2)
def stdout_closed(scene):
    scene.controller()
    scene.run("pair", "--timeout", "1", "nobody")  # so that there is a store
    for command in (("serve",), ("pair", "lamp"), ("controller", "--unix", scene.path("other")), ("bonds", "list")):
        nobody_reads(scene, *command)


@case("stdout is a pipe whose reader has gone: one sentence, status 1", seconds=3)
def reader_gone(scene):
    scene.controller()
    lamp = scene.serve(terminal=False, stdin="ended")
    lamp.close_output()
    phone = scene.start("pair", "--io", "none", "lamp", stdin="ended")
    phone.ends()
    lamp.ends(1)
    one_sentence(lamp, 1, NOBODY_READS)


@case("stdout is a full disk: one sentence, status 1", seconds=2)
def stdout_full(scene):
    scene.controller()
    with open("/dev/full", "wb") as full:
        for command in (("serve",), ("pair", "lamp"), ("controller", "--unix", scene.path("other"))):
            process = scene.run(*command, stdout=full.fileno())
            one_sentence(process, 1, NOBODY_READS)


@case("stdin, stdout and stderr all closed: no store, no socket is written by mistake", seconds=1)
def all_closed(scene):
    import subprocess
    scene.controller()
    store = scene.path("pair.kith")
    scene.run("pair", "--store", store, "--timeout", "1", "nobody")
    before = store.read_bytes()
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", scene.kith, "pair", "--store", store,
                           "--timeout", "1", "nobody"], env=scene.environment, timeout=15)
    require(done.returncode == 1, f"status {done.returncode}")
    require(store.read_bytes() == before, "the store has changed")
