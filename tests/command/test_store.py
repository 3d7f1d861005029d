"""Stores that are missing, damaged, foreign, newer, taken, or on a full disk: one sentence that names the file, status
1, and not one octet changed."""

import os
import shutil
import socket
import subprocess

import records
from case import case
from scene import *

ROLES = {"pair": ("pair", "lamp"), "serve": ("serve",), "bonds list": ("bonds", "list"),
         "bonds show": ("bonds", "show", "1"), "bonds forget": ("bonds", "forget", "1")}
SIZE = 65536


def each_role(says, seconds=1.0, roles=ROLES):
    def register(function):
        for role in roles:
            case(f"{role}: {says}", 60, seconds)(lambda scene, role=role: function(scene, role))
        return function
    return register


def refuses(scene, role, path, *words, **how):
    """With a controller there, so that only the store can be the reason."""
    if role in ("pair", "serve") and not any(p.name == "controller" for p in scene.crew.all):
        scene.controller()
    process = scene.run(*ROLES[role], "--store", path, **how)
    one_sentence(process, 1, re.escape(str(path)), *words)
    require(not process.has_said(ADVERTISING), "it went on air")
    return process


def unchanged(scene, role, path, *words):
    before = path.read_bytes()
    process = refuses(scene, role, path, *words)
    require(path.read_bytes() == before, "the file has changed")
    return process


def bonded_store(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    lamp.stop()
    return scene.pair_store


@each_role("no store there: nothing is made", 0.1, ("bonds list", "bonds show", "bonds forget"))
def absent(scene, role):
    path = scene.path("none.kith")
    refuses(scene, role, path, "no store")
    require(not path.exists(), "it was made")
    one_sentence(scene.run(*ROLES[role]), 1, "no store", "pair.kith")
    require(not scene.path("home/.local").exists(), "folders were made")


@each_role("a text file is no store", 0.3)
def foreign_text(scene, role):
    path = scene.path("letter")
    path.write_text("Dear store\n" * 20)
    unchanged(scene, role, path)


@each_role("random octets of the right size are no store", 0.3)
def foreign_random(scene, role):
    path = scene.path("random.kith")
    path.write_bytes(os.urandom(SIZE))
    unchanged(scene, role, path)


@each_role("zeros of the right size are no store", 0.3)
def foreign_zeros(scene, role):
    path = scene.path("zeros.kith")
    path.write_bytes(bytes(SIZE))
    unchanged(scene, role, path)


@each_role("a folder is no store", 0.3)
def folder_as_store(scene, role):
    refuses(scene, role, scene.make("folder"))


@each_role("/dev/full is no store", 0.3)
def dev_full(scene, role):
    refuses(scene, role, "/dev/full")


@each_role("/dev/null is no store", 0.3)
def dev_null(scene, role):
    refuses(scene, role, "/dev/null")


@each_role("a path whose folder is a file", 0.3)
def folder_is_file(scene, role):
    scene.path("file").write_text("a file")
    refuses(scene, role, scene.path("file") / "bonds.kith")
    require(scene.path("file").read_text() == "a file", "the file has changed")


@each_role("a default folder that cannot be made", 0.3, ("pair", "serve"))
def default_folder_is_file(scene, role):
    scene.controller()
    (scene.path("home") / ".local").write_text("a file")
    one_sentence(scene.run(*ROLES[role]), 1, r"\.local")


@each_role("a store cut short", 3)
def truncated(scene, role):
    path = bonded_store(scene)
    path.write_bytes(path.read_bytes()[:1000])
    unchanged(scene, role, path)


@each_role("a flipped bit in the bond", 3)
def damaged_bond(scene, role):
    path = bonded_store(scene)
    records.flip_in_bond(path)
    unchanged(scene, role, path, "damaged")


@each_role("a flipped bit in this device's own identity", 3)
def damaged_identity(scene, role):
    path = bonded_store(scene)
    records.flip_in_device(path)
    process = unchanged(scene, role, path, "damaged")
    if role == "bonds list":
        require("Numeric Comparison" in process.out, f"the sound bond is not listed: {process.out}")


@each_role("a store of a later format", 3)
def newer_format(scene, role):
    path = bonded_store(scene)
    records.make_newer(path)
    unchanged(scene, role, path, "later version|newer")


@each_role("a bond of a later format", 3)
def newer_bond(scene, role):
    path = bonded_store(scene)
    records.make_bond_newer(path)
    unchanged(scene, role, path, "later version|newer")


@case("a store that nobody has used yet is listed as empty, and stays so", seconds=0.1)
def fresh(scene):
    path = scene.path("fresh.kith")
    path.write_bytes(b"\xff" * SIZE)
    for role in ("bonds show", "bonds forget"):
        unchanged(scene, role, path, "no peer")
    listed = scene.run("bonds", "list", "--store", path)
    require(listed.status() == 0 and "No bonds" in listed.out, listed.out + listed.err)
    require(path.read_bytes() == b"\xff" * SIZE, "it has changed")


@case("a bond cut short by a power cut: what it was to replace is listed, nothing is written, and pair uses it", seconds=4)
def torn(scene):
    path = bonded_store(scene)
    records.tear(path)
    before = path.read_bytes()
    require(len(scene.bonds(path)) == 1, "the old bond is not listed")
    require(path.read_bytes() == before, "looking changed the file")
    scene.serve(name="serve again")
    phone = scene.run("pair", "lamp")
    require(phone.status() == 0 and phone.has_said(ENCRYPTED), phone.err)
    require(len(scene.bonds(path)) == 1, "the bond has gone")


@each_role("another kith has the store", 3, ("pair", "serve", "bonds forget"))
def in_use(scene, role):
    scene.controller()
    path = scene.path("shared.kith")
    scene.serve("--store", path, name="holder")
    unchanged(scene, role, path, "in use")


@each_role("no room for the file: nothing is left of it", 0.5, ("pair", "serve"))
def no_room(scene, role):
    path = scene.path("new.kith")
    refuses(scene, role, path, file_limit=8192)
    left = [p.name for p in scene.folder.iterdir() if p.is_file()]
    require(left == [], f"left behind: {left}")


def small_disk(scene):
    folder = scene.make("disk")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "kith-test", folder], capture_output=True)
    if done.returncode != 0:
        raise Skip("no small disk can be mounted here")
    return folder


@case("a disk that is full: no store is made, and the sentence says why", seconds=1)
def full_disk(scene):
    folder = small_disk(scene)
    try:
        scene.controller()
        (folder / "filler").write_bytes(bytes(100 * 1024))
        process = scene.run("pair", "--store", folder / "pair.kith", "lamp")
        one_sentence(process, 1, "No space left")
        require([p.name for p in folder.iterdir()] == ["filler"], "something is left behind")
    finally:
        scene.crew.end()
        subprocess.run(["umount", folder])


@case("a disk that fills up after the store was made takes nothing from it: pairing, bond, forgetting", seconds=4)
def disk_fills_up(scene):
    folder = small_disk(scene)
    try:
        store = folder / "pair.kith"
        scene.controller()
        lamp = scene.serve()
        scene.run("pair", "--store", store, "--timeout", "1", "nobody")
        with open(folder / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass
        pair_by_number(scene, lamp, "--store", store)
        require(len(scene.bonds(store)) == 1, "no bond")
        require(scene.run("bonds", "forget", "1", "--store", store).status() == 0, "not forgotten")
    finally:
        scene.crew.end()
        subprocess.run(["umount", folder])


@case("the store and its folders are for this user alone", seconds=1)
def modes(scene):
    scene.controller()
    scene.serve()
    scene.run("pair", "--timeout", "1", "nobody")
    for path, mode in ((scene.pair_store, 0o600), (scene.serve_store, 0o600), (scene.pair_store.parent, 0o700)):
        require(path.stat().st_mode & 0o777 == mode, f"{path} has mode {path.stat().st_mode & 0o777:o}")


@case("XDG_STATE_HOME says where stores are; a relative one does not", seconds=1)
def state_home(scene):
    scene.controller()
    for folder, place in ((str(scene.path("state")), scene.path("state") / "kith/pair.kith"),
                          ("state-relative", scene.pair_store)):
        one_sentence(scene.run("pair", "--timeout", "1", "nobody", environment={"XDG_STATE_HOME": folder}), 1)
        require(place.exists(), f"no store at {place}")


@case("serve's store is named after its name, and a name with slashes stays in the folder", seconds=1)
def names(scene):
    scene.controller()
    for name, stem in (("desk lamp", "serve-desk_lamp"), ("../../x", "serve-.._.._x"), ("Grün", "serve-Gr__n")):
        scene.serve("--name", name, name=f"serve {name}").stop()
        require(scene.store(stem).exists(), f"no {stem}: {[p.name for p in scene.pair_store.parent.iterdir()]}")


@case("--store none keeps nothing: no file is made, and the next time is the first time", seconds=5)
def store_none(scene):
    scene.controller()
    lamp = scene.serve("--store", "none")
    for n in range(2):
        phone = scene.pair("--store", "none", name=f"pair {n}")
        key, match = lamp.expect_one({"again": AGAIN, "consent": CONSENT, "number": NUMBER})
        if key != "number":
            lamp.say("yes")
            match = lamp.expect(NUMBER)
        require(phone.expect(NUMBER)[1] == match[1], "two numbers")
        lamp.say("yes")
        phone.say("yes")
        phone.expect(READ)
        phone.ends(0)
    require(list(scene.folder.rglob("*.kith")) == [] and not scene.path("none").exists(), "a store was made")


@case("a closed stdout does not write into the store", seconds=4)
def closed_stdout_and_store(scene):
    path = bonded_store(scene)
    before = path.read_bytes()
    for role in ("bonds list", "bonds show", "pair"):
        process = scene.run(*ROLES[role], "--store", path, stdout="none")
        one_sentence(process, 1, "nobody reads what this program prints")
    require(path.read_bytes() == before, "the store has changed")
