"""`kith bonds check`: what is in a store and whether it is sound, without showing a key or changing an octet.

The stores are made here, octet by octet, as docs/bond-format.md has them."""

import json
import struct
import zlib

import records
from case import case
from scene import *

SIZE, SECTOR, FIRST = 65536, 4096, 26
DEVICE, BOND, STATE = 1, 2, 3
IRK, LTK, PEER_IRK, CSRK = (bytes((k + 17 * i) % 251 + 1 for i in range(16)) for k in (3, 50, 90, 130))
DEVICE_OCTETS = bytes([1]) + IRK + bytes.fromhex("0102030405c6")
MADE = 1767225600  # 2026-01-01
STATE_OCTETS = bytes([1, 1, 8]) + struct.pack("<II", 7, 64)


def bond(flags=0x14, level=4, method=2, kind=1, size=16, peer_class=3, keys=(LTK, PEER_IRK, CSRK), version=1):
    """It has by default an IRK and the peer's CSRK, and was made with C0:11:22:33:44:55, a random address."""
    return (bytes([version, flags, level, method, kind, size, peer_class, 1]) + bytes.fromhex("5544332211c0") +
            bytes([0]) + bytes.fromhex("060504030201") + struct.pack("<I", MADE) + b"".join(keys))


def record(at, kind, identifier, octets=b"", removal=False, sequence=1):
    header = struct.pack("<BBI", kind | (0x80 if removal else 0), len(octets), identifier)
    place = struct.pack("<II", sequence, at)
    check = zlib.crc32(header, zlib.crc32(place))
    header += struct.pack("<H", (check ^ check >> 16) & 0xffff)
    return header + octets + struct.pack("<IB", zlib.crc32(header + octets, zlib.crc32(place)), 0x96)


def store(*contents):
    """One sector in use; contents are (kind, id, octets) or (kind, id): a removal.  Returns (octets, offsets)."""
    header = struct.pack("<4sBBHIII", b"Kith", 1, 0, 1, 1, 9, 0)
    header += struct.pack("<I", zlib.crc32(header, zlib.crc32(struct.pack("<IH", SECTOR, 1))))
    data, at, offsets = bytearray(b"\xff" * SIZE), FIRST, []
    data[:len(header)] = header
    for kind, identifier, *octets in contents:
        one = record(at, kind, identifier, octets[0] if octets else b"", not octets)
        data[at:at + len(one)] = one
        offsets.append(at)
        at += len(one)
    return data, offsets


SOUND = ((DEVICE, 0, DEVICE_OCTETS), (BOND, 1, bond()), (STATE, 1, STATE_OCTETS),
         (BOND, 2, bond(flags=4, keys=(LTK, PEER_IRK))))


def check(scene, data, status, *options):
    """Runs it, twice: for people and for programs.  No key, nothing changed.  Returns (text, objects, stderr)."""
    path = scene.path("bonds.kith")
    path.write_bytes(data)
    people = scene.run("bonds", "check", "--store", path, *options)
    programs = scene.run("bonds", "check", "--json", "--store", path, *options)
    require(path.read_bytes() == data, "it changed the store")
    for process in (people, programs):
        require(process.status() == status, f"status {process.status()}, not {status}: {process.out}{process.err}")
        if status == 1:
            one_sentence(process, 1, re.escape(str(path)))
        else:
            require(process.err == "", process.err)
        for key in (IRK, LTK, PEER_IRK, CSRK):
            for form in (key.hex(), key[::-1].hex(), key.hex()[:8], key[::-1].hex()[:8]):
                require(form not in process.out.lower() + process.err.lower(), f"it shows a key: {process.out}")
    return people.out, [json.loads(line) for line in programs.out.splitlines()], people.err


def found(objects, event="record"):
    return [o for o in objects if o["event"] == event]


@case("bonds check tells each record of a sound store: who, how strong, which keys; and that it is sound", 20, 0.1)
def sound(scene):
    data, offsets = store(*SOUND)
    text, objects, _ = check(scene, data, 0)
    told = found(objects)
    require([(o["kind"], o["peer"], o["state"], o["offset"]) for o in told] ==
            [("device", 0, "sound", offsets[0]), ("bond", 1, "sound", offsets[1]), ("state", 1, "sound", offsets[2]),
             ("bond", 2, "sound", offsets[3])], f"{told}")
    one = told[1]
    wanted = {"identity": "C0:11:22:33:44:55", "identity_type": "random", "level": 4, "method": "Numeric Comparison",
              "secure_connections": True, "key_size": 16, "keys": ["ltk", "irk", "csrk"], "class": 3,
              "made": "2026-01-01T00:00:00Z"}
    require({k: one.get(k) for k in wanted} == wanted, f"{one}")
    require(told[3]["keys"] == ["ltk", "irk"], f"{told[3]}")
    end = found(objects, "check")
    require(len(end) == 1 and end[0]["sound"] and end[0]["bonds"] == 2 and end[0]["damaged"] == 0, f"{end}")
    require(len(found(objects, "sector")) == 16 and found(objects, "sector")[0]["state"] == "newest", "sectors")
    for word in ("C0:11:22:33:44:55 (random)", "LTK IRK CSRK", "level 4", "2026-01-01", "is sound"):
        require(word in text, f"no {word!r} in {text}")


@case("bonds check of an empty store: nothing in it, and sound", 20, 0.1)
def empty(scene):
    _, objects, _ = check(scene, b"\xff" * SIZE, 0)
    require(found(objects) == [] and {o["state"] for o in found(objects, "sector")} == {"free"}, f"{objects}")


@case("bonds check: what was replaced, removed and destroyed is told apart, and none of it is damage", 20, 0.1)
def earlier(scene):
    data, offsets = store((DEVICE, 0, DEVICE_OCTETS), (BOND, 1, bond()), (BOND, 1, bond()), (BOND, 2, bond()), (BOND, 2),
                          (BOND, 3, bond()), (BOND, 3))
    size = len(record(0, BOND, 1, bond()))
    data[offsets[5] + 8:offsets[5] + size] = bytes(size - 8)
    _, objects, _ = check(scene, data, 0)
    require([o["state"] for o in found(objects)] ==
            ["sound", "replaced", "sound", "removed", "stands", "destroyed", "stands"], f"{found(objects)}")


@case("bonds check: a flipped bit anywhere in a record is damage of that record, and of no other", 60, 3)
def flipped(scene):
    data, offsets = store(*SOUND)
    size = offsets[2] - offsets[1]
    places = {"kind": 0, "length": 1, "id": 2, "header check": 6, "identity": 8 + 9, "key": 8 + 30, "CRC": size - 3,
              "end mark": size - 1}
    for name, at in places.items():
        spoilt = bytearray(data)
        spoilt[offsets[1] + at] ^= 0x10
        text, objects, err = check(scene, spoilt, 1)
        states = [(o["kind"], o["state"]) for o in found(objects)]
        require(states[0] == ("device", "sound") and states[-2:] == [("state", "sound"), ("bond", "sound")],
                f"{name}: {states}")
        require(states[1][1] == "damaged" and found(objects)[1]["fault"] in text, f"{name}: {states}")
        require(not found(objects, "check")[0]["sound"], f"{name}: {objects[-1]}")
        require("damaged" in err, f"{name}: {err}")


@case("bonds check: damage in a version that was replaced since is told, and the store is sound", 20, 0.2)
def damaged_and_replaced(scene):
    data, offsets = store((DEVICE, 0, DEVICE_OCTETS), (BOND, 1, bond()), (BOND, 1, bond()))
    data[offsets[1] + 40] ^= 1
    text, objects, _ = check(scene, data, 0)
    require([o["state"] for o in found(objects)] == ["sound", "damaged", "sound"], f"{objects}")
    require("replaced since" in text, text)


@case("bonds check names the field that cannot be, where a record is whole and makes no sense", 60, 3)
def impossible(scene):
    wrong = {"level": bond(level=5), "method": bond(method=9), "key kind": bond(kind=3), "key size": bond(size=6),
             "class": bond(peer_class=32), "flags": bond(flags=0x94), "length": bond(flags=0x04),
             "level, or a key": bond(keys=(bytes(16), PEER_IRK, CSRK))}
    for field, octets in wrong.items():
        text, objects, _ = check(scene, store(*SOUND, (BOND, 4, octets))[0], 1)
        last = found(objects)[-1]
        require((last["state"], last.get("field")) == ("damaged", field), f"{field}: {last}")
        require(f"its {field} cannot be" in text, f"{field}: {text}")


@case("bonds check: damage in our own identity, in a state, and a store whose identity is missing", 20, 0.5)
def identity(scene):
    for octets, kind in ((bytes([1]) + bytes(22), DEVICE), (bytes([1, 1, 9]) + bytes(8), STATE)):
        _, objects, _ = check(scene, store(*SOUND, (kind, 0 if kind == DEVICE else 1, octets))[0], 1)
        require(found(objects)[-1]["state"] == "damaged", f"{objects}")
    _, _, err = check(scene, store((BOND, 1, bond()))[0], 1)
    require("identity is missing" in err, err)


@case("bonds check: a bond, and a store, of a later version are told as that", 20, 0.3)
def newer(scene):
    _, objects, err = check(scene, store(*SOUND, (BOND, 4, bond(version=2)))[0], 1)
    require(found(objects)[-1]["state"] == "newer" and "later version" in err, f"{objects} {err}")
    path = scene.path("later.kith")
    path.write_bytes(store(*SOUND)[0])
    records.make_newer(path)
    _, objects, err = check(scene, path.read_bytes(), 1)
    require(found(objects, "sector")[0]["state"] == "newer" and found(objects) == [] and "later version" in err,
            f"{objects} {err}")


@case("bonds check: a write that a power cut had cut short is told, and is no damage", 20, 0.2)
def torn(scene):
    path = scene.path("torn.kith")
    path.write_bytes(store(*SOUND)[0])
    records.tear(path)
    _, objects, _ = check(scene, path.read_bytes(), 0)
    require(found(objects)[-1]["state"] == "torn" and found(objects, "check")[0]["torn"] == 1, f"{objects}")


@case("bonds check: a damaged sector header, with records behind it, is a damaged store", 20, 0.2)
def lost_header(scene):
    data, _ = store(*SOUND)
    data[9] ^= 1
    _, objects, err = check(scene, data, 1)
    require(found(objects, "sector")[0]["state"] == "damaged", f"{objects}")
    require("no store" in err, err)


@case("bonds check: sealed records are told as sealed, since nobody can say more without the device's key", 20, 0.1)
def sealed(scene):
    data, _ = store((DEVICE, 0, bytes([0x81]) + bytes(54)), (BOND, 1, bytes([0x81]) + bytes(80)))
    _, objects, _ = check(scene, data, 0)
    require([o["state"] for o in found(objects)] == ["sealed"] * 2, f"{objects}")


@case("bonds check: what is no store is refused by name: text, zeros, a short file, a folder, nothing at all", 20, 0.5)
def foreign(scene):
    for data in (b"Dear store\n" * 5957 + b"xxxxxxxxx", bytes(SIZE), b"short", store(*SOUND)[0][:SIZE - 1], b""):
        path = scene.path("foreign")
        path.write_bytes(data)
        one_sentence(scene.run("bonds", "check", "--store", path), 1, "no store", re.escape(str(path)))
        require(path.read_bytes() == data, "it changed the file")
    one_sentence(scene.run("bonds", "check", "--store", scene.make("folder")), 1, "folder")
    one_sentence(scene.run("bonds", "check", "--store", scene.path("none")), 1, "there is no store")
    require(not scene.path("none").exists(), "it was made")


@case("bonds check: a store in use by another kith may be checked", 60, 3)
def in_use(scene):
    scene.controller()
    lamp = scene.serve()
    pair_by_number(scene, lamp)
    told = scene.run("bonds", "check", "--store", scene.serve_store)
    require(told.status() == 0 and "is sound" in told.out and "Numeric Comparison" in told.out, told.out + told.err)


@case("bonds check: wrong arguments are wrong use", 20, 0.3)
def wrong_use(scene):
    usage_error(scene.run("bonds", "check", "one", "two"), "one argument too many")
    usage_error(scene.run("bonds", "check", "--store", "none"), "keeps no bonds")
    usage_error(scene.run("bonds", "chekc"), "list, show, forget, check, import or export")


@case("a store whose name begins like another kind of store is named ./json:NAME", 20, 0.2)
def prefixes(scene):
    data = store(*SOUND)[0]
    scene.path("json:bonds.kith").write_bytes(data)
    told = scene.run("bonds", "list", "--store", "./json:bonds.kith")
    require(told.status() == 0 and "C0:11:22:33:44:55" in told.out, told.out + told.err)


@case("bonds check: nobody reads what it prints", 20, 0.1)
def closed_stdout(scene):
    path = scene.path("bonds.kith")
    path.write_bytes(store(*SOUND)[0])
    one_sentence(scene.run("bonds", "check", "--store", path, stdout="none"), 1, "nobody reads what this program prints")


@case("pair keeps its bonds in json:FILE and sqlite:FILE too, and bonds lists, checks and forgets them", 90, 6)
def other_kinds(scene):
    scene.controller()
    for kind in ("json", "sqlite"):
        path = f"{kind}:{scene.path('bonds.' + kind)}"
        lamp = scene.serve("--store", "none", name=f"lamp {kind}")
        pair_by_number(scene, lamp, "--store", path, name=f"pair {kind}")
        lamp.stop()
        listed = scene.run("bonds", "list", "--store", path)
        require(listed.status() == 0 and "Numeric Comparison" in listed.out, listed.out + listed.err)
        checked = scene.run("bonds", "check", "--store", path)
        require(checked.status() == 0 and "is sound" in checked.out and "keys: LTK" in checked.out,
                checked.out + checked.err)
        told = [json.loads(line) for line in scene.run("bonds", "check", "--json", "--store", path).out.splitlines()]
        require(told[-1]["sound"] and told[-1]["bonds"] == 1, f"{told}")
        require(scene.path("bonds." + kind).stat().st_mode & 0o777 == 0o600, "others may read it")
        require(scene.run("bonds", "forget", "1", "--store", path).status() == 0, "not forgotten")
        require("No bonds" in scene.run("bonds", "list", "--store", path).out, "still there")


@case("bonds check of a JSON file that is damaged names the line; of one that is no database, the file", 20, 0.2)
def other_kinds_damaged(scene):
    for kind in ("json", "sqlite"):
        path = scene.path("bonds." + kind)
        path.write_text("Dear store,\n" * 100)
        path.chmod(0o600)
        words = ["line 1"] if kind == "json" else []
        for action in (("check",), ("list",)):
            one_sentence(scene.run("bonds", *action, "--store", f"{kind}:{path}"), 1, re.escape(f"{kind}:{path}"), *words)
        require(path.read_text() == "Dear store,\n" * 100, "it was changed")
        one_sentence(scene.run("bonds", "check", "--store", f"{kind}:{scene.path('none')}"), 1, "there is no store")


def peers_of_gateway(count):
    peers = [{"id": i, "bond": {"identity": f"C0:00:00:00:{i >> 8:02X}:{i & 255:02X} random",
                                "local": "C1:00:00:00:00:01 random", "level": "encrypted", "method": "just-works",
                                "role": "responder", "key": "secure-connections", "key_size": 16,
                                "ltk": f"{i + (1 << 120):032x}"}} for i in range(1, count + 1)]
    return {"kith": "bonds", "version": 1, "device": {"address": "C1:00:00:00:00:01 random", "irk": f"{7 << 90:032x}"},
            "peers": peers}


@case("bonds lists, shows and forgets in a store of a gateway, however many it has", 60, 1)
def many(scene):
    path = scene.path("bonds.json")
    path.write_text(json.dumps(peers_of_gateway(5000)))
    path.chmod(0o600)
    listed = scene.run("bonds", "list", "--json", "--store", f"json:{path}")
    require(listed.status() == 0 and len(listed.out.splitlines()) == 5000, listed.err)
    require(scene.run("bonds", "forget", "4711", "--store", f"json:{path}").status() == 0, "not forgotten")
    require(scene.run("bonds", "show", "4711", "--store", f"json:{path}").status() == 1, "still there")


@case("bonds makes no database of an empty file", 20, 0.2)
def empty_database(scene):
    path = scene.path("bonds.sqlite")
    path.touch(0o644)
    for action in (("check",), ("list",), ("forget", "1")):
        one_sentence(scene.run("bonds", *action, "--store", f"sqlite:{path}"), 1, "is no store")
    require(path.stat().st_size == 0 and path.stat().st_mode & 0o777 == 0o644, "it was changed")
