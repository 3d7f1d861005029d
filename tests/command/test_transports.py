"""Every way to a controller."""

import os
import socket

from case import case
from scene import *


def meet(scene, lamp_where, phone_where):
    lamp = scene.serve("--hci", lamp_where)
    pair_by_number(scene, lamp, "--hci", phone_where)
    again = scene.pair("--hci", phone_where, name="pair again")
    again.expect(ENCRYPTED)
    again.expect(READ)
    again.ends(0)
    require(lamp.stop() == 0, "the lamp did not leave in order")


@case("serve and pair over TCP, on a port that the controller picked", seconds=4)
def tcp(scene):
    radio = scene.start("controller", "--tcp", "0", terminal=True)
    port = radio.expect(r"listening on (?:tcp:)?127\.0\.0\.1:(\d+)")[1]
    meet(scene, f"tcp:127.0.0.1:{port}", f"tcp:localhost:{port}")


@case("serve and pair over pseudo terminals, each with a name of its own", seconds=4)
def ptys(scene):
    radio = scene.start("controller", "--pty", scene.path("one"), "--pty", scene.path("two"), terminal=True)
    for _ in range(2):
        radio.expect(r"listening on (/dev/pts/\d+)")
    meet(scene, f"uart:{scene.path('one')}", f"uart:{scene.path('two')},115200")
    require(radio.stop() == 0, "the controller did not end in order")
    require(not os.path.lexists(scene.path("one")), "the name of the terminal is left behind")


@case("one controller on a socket, on TCP and on a pseudo terminal at once", seconds=4)
def all_at_once(scene):
    radio = scene.start("controller", "--unix", scene.path("air"), "--tcp", "127.0.0.1:0", "--pty", scene.path("tty"),
                        terminal=True)
    radio.expect(r"127\.0\.0\.1:(\d+)")
    radio.expect(r"/dev/pts/\d+")
    meet(scene, f"unix:{scene.path('air')}", f"uart:{scene.path('tty')}")


@case("KITH_HCI says where the controller is", seconds=3)
def by_environment(scene):
    scene.controller("--unix", scene.path("air"))
    scene.environment["KITH_HCI"] = f"unix:{scene.path('air')}"
    pair_by_number(scene, scene.serve())


@case("without XDG_RUNTIME_DIR everybody meets in a folder of this user alone", seconds=3)
def without_runtime_folder(scene):
    folder = f"/tmp/kith-{os.getuid()}"
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(f"{folder}/air.sock") == 0:
            raise Skip(f"somebody listens at {folder}/air.sock")
    scene.environment.pop("XDG_RUNTIME_DIR")
    radio = scene.controller()
    require(os.stat(folder).st_mode & 0o777 == 0o700, "the folder is open to others")
    pair_by_number(scene, scene.serve())
    require(radio.stop() == 0, "the controller did not end in order")
    require(not os.path.lexists(f"{folder}/air.sock"), "the socket is left behind")


@case("serve --hci sim: a phone of its own comes, pairs, and leaves", seconds=4)
def serve_sim(scene):
    lamp = scene.start("serve", "--hci", "sim", terminal=True)
    lamp.expect(PAIRED)
    lamp.expect(DISCONNECTED)
    require(lamp.stop() == 0, "it did not leave in order")


@case("pair --hci sim: a lamp of its own is found, paired, read", seconds=4)
def pair_sim(scene):
    phone = scene.pair("--hci", "sim")
    phone.expect(PAIRED)
    phone.expect(READ)
    phone.ends(0)
    require(list(scene.folder.rglob("*.kith*")) == [], "a bond with what does not outlive the command was kept")


@case("pair --hci sim --store: the lamp of its own has a store too, and the second time the bond is used", seconds=5)
def pair_sim_stored(scene):
    for pattern in (PAIRED, ENCRYPTED):
        phone = scene.pair("--hci", "sim", "--store", scene.path("sim.kith"))
        phone.expect(pattern)
        phone.expect(READ)
        phone.ends(0)
    require(scene.bonds(scene.path("sim.kith"))[0]["level"] == 2, "another level")


@case("pair --hci sim without a person pairs by Just Works", seconds=3)
def pair_sim_alone(scene):
    phone = scene.run("pair", "--hci", "sim", "lamp")
    require(phone.status() == 0 and phone.has_said(READ), phone.out + phone.err)


def no_child_outlives(scene, command, signal_it):
    children = scene.crew.wait(lambda: children_of(command.pid), 5, "it has children")
    signal_it(command)
    scene.crew.wait(lambda: not any(is_alive(child) for child in children), 5, "its children have ended")


@case("no child of serve --hci sim outlives it, kill -9 included", seconds=3)
def no_child_of_serve(scene):
    for end in (lambda p: p.kill(), lambda p: p.stop(), lambda p: p.interrupt()):
        lamp = scene.start("serve", "--hci", "sim", "--io", "none", "--store", "none", terminal=True)
        lamp.expect(ADVERTISING)
        no_child_outlives(scene, lamp, end)


@case("no child of pair --hci sim outlives it, kill -9 included", seconds=3)
def no_child_of_pair(scene):
    for end in (lambda p: p.kill(), lambda p: p.interrupt()):
        phone = scene.pair("--hci", "sim", "--store", "none", peer="nobody")
        phone.expect("Looking for")
        no_child_outlives(scene, phone, end)


@case("a peer is found by its address as well as by its name", seconds=4)
def by_address(scene):
    scene.controller()
    lamp = scene.serve("--io", "none")
    address = re.search(r"controller is up: ([0-9A-F:]{17})", lamp.out)[1]
    for spelling in (address, address.lower()):
        phone = scene.run("pair", spelling, name=f"pair {spelling}")
        require(phone.status() == 0 and phone.has_said(READ), phone.out + phone.err)


@case("a peer that is not there: it says that it is still looking, then ends with one sentence", seconds=8)
def nobody_there(scene):
    scene.controller()
    phone = scene.run("pair", "--timeout", "7", "lamp")
    one_sentence(phone, 1, "lamp")
    require(phone.has_said("[Ss]till looking"), "it says nothing while it looks")


@case("--read names another characteristic; one that is not there is said, with status 0", seconds=4)
def read_other(scene):
    scene.controller()
    scene.serve("--io", "none")
    name = scene.run("pair", "--read", "2a00", "lamp")
    require(name.status() == 0 and '"lamp"' in name.out, name.out + name.err)
    none = scene.run("pair", "--read", "2a19", "lamp")
    require(none.status() == 0 and none.has_said("no such characteristic") and none.has_said(ENCRYPTED), none.out)


@case("two lamps of one name: the phone takes neither, names both, and an address says which is meant", seconds=6)
def two_of_a_name(scene):
    scene.controller()
    lamps = [scene.serve("--io", "none", "--store", scene.path(f"lamp-{n}"), name=f"serve {n}") for n in range(2)]
    addresses = [re.search(r"controller is up: ([0-9A-F:]{17})", lamp.out)[1] for lamp in lamps]
    one_sentence(scene.run("pair", "lamp"), 1, *addresses)
    phone = scene.run("pair", addresses[1])
    require(phone.status() == 0 and lamps[1].has_said(PAIRED) and not lamps[0].has_said(PAIRED), "the other one")


@case("a controller by itself listens where serve and pair look, and leaves nothing behind", seconds=2)
def default_socket(scene):
    radio = scene.controller()
    path = scene.path("run") / "kith.sock"
    require(path.is_socket() and path.stat().st_mode & 0o777 == 0o600, "no socket of this user alone")
    second = scene.run("controller")
    one_sentence(second, 1, str(path))
    require(radio.stop() == 0 and not path.exists(), "the socket is left behind")
    path.touch()
    one_sentence(scene.run("controller"), 1, str(path))
    require(path.is_file(), "what was no socket was taken away")


@case("a controller killed outright leaves a socket that the next one replaces", seconds=2)
def socket_replaced(scene):
    scene.controller().kill()
    pair_by_number(scene, (scene.controller(name="controller again"), scene.serve())[1])
