"""`kith bonds export': keys go into a new file of their owner's alone, and every format comes back as it was."""

import json

from case import case
from foreign import *
from scene import *
from test_bonds_import import bring, no_keys, told

FORMATS = ("json", "bluez", "aioble", "bumble", "android", "windows")


def export(scene, *arguments, status=0, store=None, **how):
    process = scene.run("bonds", "export", *arguments, "--store", store or scene.path("ours.kith"), **how)
    no_keys(process)
    require(process.status() == status, f"status {process.status()}, not {status}: {process.out}{process.err}")
    if status == 0:
        require(process.err == "", process.err)
    return process


@case("bonds export writes BlueZ's info as bluetoothd does, for its owner alone, and shows no key", 20, 0.3)
def bluez_file(scene):
    bring(scene, place(scene, bluez_legacy()))
    out = scene.path("info")
    process = export(scene, PEER, "--format", "bluez", "-o", out)
    require(out.stat().st_mode & 0o777 == 0o600, f"mode {out.stat().st_mode:o}")
    require("with their keys" in process.out and f"{OURS}/{PEER}/info" in process.out, process.out)
    told_by = {line for line in bluez_legacy().splitlines() if line.split("=")[0] in ("Key", "EDiv", "Rand", "EncSize")}
    written = out.read_text()
    require(told_by <= set(written.splitlines()), f"missing: {sorted(told_by - set(written.splitlines()))}")
    for section in ("LongTermKey", "PeripheralLongTermKey", "IdentityResolvingKey"):
        require(f"[{section}]" in written, f"no {section}")


LOST = {"my_ltk": "our long term key", "irk": "identity resolving key"}


@case("bonds export in each format, and import of that into a new store: the same keys, or it was told which are lost", 60,
      4)
def round_trip(scene):
    for kind, text in (("sc", bluez()), ("legacy", bluez_legacy())):
        store = scene.path(f"{kind}.kith")
        done = scene.run("bonds", "import", place(scene, text), "--local", f"{OURS}/random", "--store", store)
        require(done.status() == 0, done.err)
        wanted = stored(store)[PEER]
        for name in FORMATS:
            out, back = scene.path(f"{kind}.{name}"), scene.path(f"{kind}-{name}.kith")
            said = export(scene, "--format", name, "-o", out, store=store).out
            more = ["--local", f"{OURS}/random", *(["--peer", f"{PEER}/random"] if name == "bluez" else [])]
            done = scene.run("bonds", "import", out, "--store", back, *more)
            require(done.status() == 0, f"{kind}, {name}: {done.out}{done.err}")
            bond = stored(back)[PEER]
            for what in ("identity", "local", "sc", "ltk", "my_ltk", "irk", "size"):
                lost = what in LOST and what not in bond and f": {LOST[what]}: has no place in this format" in said
                require(lost or bond.get(what) == wanted.get(what), f"{kind}, {name}: {what} is {bond.get(what)}")
            guessed = [json.loads(line) for line in scene.run("bonds", "check", out, "--json", *more).out.splitlines()]
            require(guessed[-1]["format"] == name, f"{name} was taken for {guessed[-1]}")


@case("bonds export never writes over something, to a terminal, or through a link", 30, 1)
def new_file_alone(scene):
    bring(scene, place(scene, bluez()))
    there, link = scene.path("there"), scene.path("link")
    there.write_text("mine")
    link.symlink_to(scene.path("elsewhere"))
    for out in (there, link, "/dev/stdout", "/dev/tty", scene.make("folder")):
        process = export(scene, "--format", "json", "-o", out, status=1, terminal=out == "/dev/tty")
        one_sentence(process, 1, "there already")
    require(there.read_text() == "mine" and not scene.path("elsewhere").exists(), "it wrote")
    one_sentence(export(scene, "--format", "json", "-o", "no/such/folder", status=1), 1, "cannot be made")


@case("bonds export on a full disk leaves no part of the keys", 20, 0.2)
def full_disk(scene):
    bring(scene, place(scene, bluez()))
    process = export(scene, "--format", "json", "-o", scene.path("keys"), status=1, file_limit=100)
    one_sentence(process, 1, "it was removed")
    require(not scene.path("keys").exists(), "a part of it is there")


@case("bonds export: who is meant: one peer by number or address, all, or a sentence", 30, 1)
def who(scene):
    bring(scene, place(scene, bluez()))
    bring(scene, place(scene, bluez(OTHER_LTK), OTHER_PEER))
    one_sentence(export(scene, "--format", "bluez", "-o", scene.path("a"), status=1), 1, "holds one bond", "has 2")
    for number, named in enumerate(("2", OTHER_PEER)):
        out = scene.path(f"one-{number}")
        export(scene, named, "--format", "bluez", "-o", out)
        require(OTHER_LTK[::-1].hex().upper() in out.read_text(), "another one")
    (end,) = told(export(scene, "--format", "json", "-o", scene.path("all"), "--json"), "exported")
    require(end["bonds"] == 2, f"{end}")
    for named in ("7", "C0:00:00:00:00:01"):
        one_sentence(export(scene, named, "--format", "json", "-o", scene.path("b"), status=1), 1, "is no peer")
    one_sentence(export(scene, "--format", "json", "-o", scene.path("b"), status=1, store=scene.path("none")), 1,
                 "there is no store")
    require(not any(scene.path(name).exists() for name in ("a", "b")), "something was written")


@case("bonds export writes what stands alone: not what was replaced, and not what was forgotten", 20, 0.6)
def standing(scene):
    bring(scene, place(scene, bluez()))
    bring(scene, place(scene, bluez(OTHER_LTK)), "--replace")
    bring(scene, place(scene, bluez(MY_LTK), OTHER_PEER))
    require(scene.run("bonds", "forget", OTHER_PEER, "--store", scene.path("ours.kith")).status() == 0, "not forgotten")
    (end,) = told(export(scene, "--format", "bumble", "-o", scene.path("keys"), "--json"), "exported")
    text = scene.path("keys").read_text().lower()
    require(end["bonds"] == 1, f"{end}")
    for ltk, is_there in ((OTHER_LTK, True), (LTK, False), (MY_LTK, False)):
        require((ltk.hex() in text or ltk[::-1].hex() in text) == is_there, f"wrong keys in {text}")


@case("bonds export: wrong arguments are wrong use, and --help says that the file holds keys", 20, 0.5)
def wrong_use(scene):
    for arguments, word in ((("-o", "keys"), "for which system"), (("--format", "json"), "new file alone"),
                            (("--format", "jsn", "-o", "keys"), "one of: json"),
                            (("x", "--format", "json", "-o", "keys"), "is no peer"),
                            (("1", "2", "--format", "json", "-o", "keys"), "too many"),
                            (("--format", "json", "-o", "keys", "--store", "none"), "keeps no bonds")):
        usage_error(scene.run("bonds", "export", *arguments), word)
    told_by_help = " ".join(scene.run("bonds", "export", "--help").out.split())
    require("HOLDS THE KEYS IN THE OPEN" in told_by_help and "0600" in told_by_help, told_by_help)


@case("bonds export of an adapter's public address: each format names it, and our identity resolving key comes back", 30,
      1)
def of_public(scene):
    bring(scene, place(scene, bluez(), local=PUBLIC), local=None)
    ours = scene.path("ours.kith")
    for name in ("json", "android", "windows"):
        out, back = scene.path(name), scene.path(f"{name}.kith")
        export(scene, "--format", name, "-o", out)
        done = scene.run("bonds", "import", out, "--store", back)
        require(done.status() == 0, f"{name}: {done.out}{done.err}")
        require(stored(back)[PEER]["local"] == (PUBLIC, "public"), f"{name}: another local identity")
        require(device(back)[0] == device(ours)[0], f"{name}: its identity resolving key is lost")


@case("bonds export says where the file goes, and of a system that looks nowhere what takes it in", 20, 0.5)
def where_to(scene):
    bring(scene, place(scene, bluez()))
    for name, words in (("json", "kith bonds import"), ("bluez", f"{OURS}/{PEER}/info"), ("windows", "regedit"),
                        ("aioble", "ble_secrets.json"), ("android", "bt_config.conf"), ("bumble", "JsonKeyStore")):
        process = export(scene, "--format", name, "-o", scene.path(name))
        require(words in process.out.splitlines()[-1], f"{name}: {process.out}")


@case("bonds export while another kith has the store; what was exported takes that device's place elsewhere", 60, 4)
def moves_on(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    out, store = scene.path("moved.json"), scene.path("moved.kith")
    export(scene, "--format", "json", "-o", out, store=scene.pair_store)
    export(scene, "--format", "json", "-o", scene.path("lamp.json"), store=scene.serve_store)  # in use
    done = scene.run("bonds", "import", out, "--store", store)
    require(done.status() == 0, done.out + done.err)
    require(device(store) == device(scene.pair_store), "the new store is somebody else")
    phone = scene.pair("--store", store, name="the moved phone")
    phone.expect(ENCRYPTED)
    phone.expect(READ)
    phone.ends(0)
    require(not phone.has_said(PAIRED), "it paired")


@case("pair --public is the adapter's public address, and the bond belongs to that", 60, 4)
def public(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp, "--public")
    require(lamp.has_said(r"Connected to 00:4B:49:00:00:02 \(public\)"), lamp.out)
    (bond,) = scene.bonds(scene.pair_store)
    require((bond["local_address"], bond["local_address_type"]) == ("00:4B:49:00:00:02", "public"), f"{bond}")
    require(device(scene.pair_store)[1] != "00:4B:49:00:00:02", "the store has no address of its own")
