"""`kith bonds import' and `kith bonds check FILE': bonds of other systems, what is believed of them, and that nothing is
half done.  The files are written by foreign.py as those systems do; what a store then has is read octet by octet."""

import json
import os
import resource
from pathlib import Path

import records
import test_bonds_check
from case import case
from foreign import *
from scene import *

KEYS = (LTK, MY_LTK, IRK, OTHER_LTK)


def no_keys(*processes):
    for process in processes:
        told = (process.out + process.err).lower().replace(":", "")
        for key in KEYS:
            for form in (key.hex(), key[::-1].hex(), key.hex()[:8], key[::-1].hex()[:8]):
                require(form not in told, f"it shows a key: {told}")


def bring(scene, *arguments, status=0, local=f"{OURS}/random"):
    """One import into ours.kith, of which no key is seen.  local: whose bonds these are; None: nobody says it."""
    whose = ("--local", local) if local else ()
    process = scene.run("bonds", "import", *arguments, *whose, "--store", scene.path("ours.kith"))
    no_keys(process)
    require(process.status() == status, f"status {process.status()}, not {status}: {process.out}{process.err}")
    if status in (1, 3):
        one_sentence(process, status)
    else:
        require(process.err == "", process.err)
    return process


def told(process, event):
    return [o for o in map(json.loads, process.out.splitlines()) if o["event"] == event]


def outcomes(process):
    return [o["outcome"] for o in told(process, "import")]


@case("bonds import brings in BlueZ's info: the key as it stands there, our address, and no more trust", 20, 0.2)
def import_bluez(scene):
    process = bring(scene, place(scene, bluez(kind=SC_AUTHENTICATED)))
    bond = stored(scene.path("ours.kith"))[PEER]
    wanted = {"peer": 1, "identity": (PEER, "random"), "local": (OURS, "random"), "sc": True, "size": 16, "level": 2,
              "ltk": LTK, "irk": IRK}
    require({k: bond.get(k) for k in wanted} == wanted, f"{bond}")
    require(device(scene.path("ours.kith"))[1] == OURS, "the new store has another address")
    require(f"{PEER} (random), level 2" in process.out and "imported (peer 1)" in process.out, process.out)
    require(scene.bonds(scene.path("ours.kith"))[0]["identity"] == PEER, "it is not listed")
    require(scene.path("ours.kith").stat().st_mode & 0o777 == 0o600, "others may read the store")


@case("bonds import: of legacy keys the peer's is the one we use as central, ours the other, each with EDIV and Rand",
      20, 0.2)
def import_legacy(scene):
    bring(scene, place(scene, bluez_legacy()))
    bond = stored(scene.path("ours.kith"))[PEER]
    require(bond["ltk"] == (LTK, 0x5678, 0x1122334455667788), f"{bond}")
    require(bond["my_ltk"] == (MY_LTK, 0x1234, 0x123456789abcdef0), f"{bond}")
    require(not bond["sc"] and bond["level"] == 2, f"{bond}")


@case("bonds import --trust-levels believes what a file says of Secure Connections, and of nothing else", 20, 0.3)
def trusted(scene):
    bring(scene, "--trust-levels", place(scene, bluez(kind=SC_AUTHENTICATED)),
          place(scene, bluez_legacy(peers=OTHER_LTK).replace("Authenticated=0", "Authenticated=1"), OTHER_PEER))
    bonds = stored(scene.path("ours.kith"))
    require((bonds[PEER]["level"], bonds[OTHER_PEER]["level"]) == (4, 2), f"{bonds}")


@case("bonds import: who we are is told by --local where the file does not, and without it no bond is taken", 20, 0.4)
def local(scene):
    path = scene.path("info")
    path.write_text(bluez())
    bring(scene, path, "--peer", f"{PEER}/random", status=1, local=None)
    require(not scene.path("ours.kith").exists(), "a store was made")
    bring(scene, path, "--peer", f"{PEER}/random", local=f"{OTHERS}/random")
    require(device(scene.path("ours.kith"))[1] == OTHERS, "another address")
    require(stored(scene.path("ours.kith"))[PEER]["local"] == (OTHERS, "random"), "another local identity")


@case("bonds import: a public address is the adapter's: a new store takes its bonds, another one only when told to", 30,
      0.6)
def public(scene):
    path = place(scene, bluez(), local=PUBLIC)
    process = bring(scene, path, local=None)
    require(f"belong to the public address {PUBLIC}" in process.out and "--public" in process.out, process.out)
    require(stored(scene.path("ours.kith"))[PEER]["local"] == (PUBLIC, "public"), "another local identity")
    require(device(scene.path("ours.kith"))[1] != PUBLIC, "a public address was taken for a static one")
    bring(scene, place(scene, bluez(OTHER_LTK), OTHER_PEER, PUBLIC), local=None)  # the store shows whose adapter it is
    scene.run("bonds", "forget", "1", "--store", scene.path("ours.kith"))
    scene.run("bonds", "forget", "2", "--store", scene.path("ours.kith"))
    bring(scene, path, local=None)  # a store without bonds goes with any adapter
    scene.path("ours.kith").unlink()
    bring(scene, place(scene, bluez(MY_LTK), OTHER_PEER))
    process = bring(scene, path, "--json", status=1, local=None)
    require(outcomes(process) == ["other-identity"], process.out)
    process = bring(scene, path, "--other-identity", local=None)
    require("unusable under this identity: it belongs to " + PUBLIC in process.out, process.out)


@case("bonds import and check name --local where nobody says whose bonds a file has", 20, 0.2)
def whose(scene):
    path = scene.path("ble_secrets.json")
    path.write_text(aioble())
    for process in (bring(scene, path, status=1, local=None), scene.run("bonds", "check", path)):
        require("--local ADDRESS" in process.err, process.err)
    require("--local" not in scene.run("bonds", "check", path, "--local", f"{OURS}/random").err, "it is said already")


@case("bonds import: our identity resolving key comes along where a file has it, with our address or without", 20, 0.4)
def own_irk(scene):
    path = scene.path("ble_secrets.json")
    path.write_text(aioble())
    process = bring(scene, path)
    require(device(scene.path("ours.kith")) == (IRK, OURS), "the store has another identity than its peers know")
    require("is theirs, too" in process.out, process.out)
    scene.path("ours.kith").unlink()
    config = scene.path("bt_config.conf")  # which names this device by octets, and never says that they are random
    penc = LTK[::-1].hex() + "00" * 10 + "0110"
    config.write_text(f"[Adapter]\nAddress = {OURS}\nLE_LOCAL_KEY_IRK = {IRK[::-1].hex()}\n\n"
                      f"[{PEER}]\nAddrType = 1\nLE_KEY_PENC = {penc}\n")
    bring(scene, config)
    require(device(scene.path("ours.kith")) == (IRK, OURS), "of Android's file the key is lost")
    scene.path("ours.kith").unlink()
    bring(scene, config, local=f"{OTHERS}/random")
    require(device(scene.path("ours.kith"))[0] != IRK, "the key of another identity was taken")


@case("bonds import: the same bond with fewer keys takes none from the one that stands, --replace or not", 20, 0.4)
def fewer_keys(scene):
    bring(scene, place(scene, bluez_legacy()))
    before = scene.path("ours.kith").read_bytes()
    fewer = bluez_legacy(irk=None)
    peers_alone = fewer[:fewer.index("\n[SlaveLongTermKey]")] + fewer[fewer.index("\n[LongTermKey]"):]
    for text in (bluez_legacy(irk=None), peers_alone):
        process = bring(scene, "--replace", "--json", place(scene, text))
        require(outcomes(process) == ["unchanged"], process.out)
        require(scene.path("ours.kith").read_bytes() == before, "the store has changed")
    other_key = peers_alone.replace(LTK[::-1].hex().upper(), OTHER_LTK[::-1].hex().upper())
    process = bring(scene, "--replace", "--json", place(scene, other_key))
    require(outcomes(process) == ["replaced"], process.out)


@case("bonds import: a bond of another identity than the store's comes in only when told to, as unusable", 20, 0.5)
def other_identity(scene):
    bring(scene, place(scene, bluez()))
    before = scene.path("ours.kith").read_bytes()
    path = place(scene, bluez(OTHER_LTK), OTHER_PEER)
    process = bring(scene, path, status=1, local=f"{OTHERS}/random")
    require("belongs to another identity" in process.out and OTHERS in process.out, process.out)
    require(scene.path("ours.kith").read_bytes() == before, "the store has changed")
    process = bring(scene, path, "--other-identity", "--json", local=f"{OTHERS}/random")
    require([o["usable"] for o in told(process, "import")] == [False], process.out)
    require(device(scene.path("ours.kith"))[1] == OURS, "the store became somebody else")
    require(stored(scene.path("ours.kith"))[OTHER_PEER]["local"] == (OTHERS, "random"), "another local identity")


@case("bonds import of bonds of two identities into a new store: which one is asked, and --only says it", 20, 0.4)
def several_identities(scene):
    files = scene.path("one.json"), scene.path("other.json")
    files[0].write_text(bumble((PEER, LTK)))
    files[1].write_text(bumble((OTHER_PEER, OTHER_LTK), local=OTHERS))
    process = bring(scene, *files, status=1, local=None)
    require("--only" in process.err and not scene.path("ours.kith").exists(), process.err)
    bring(scene, *files, "--only", f"{OTHERS}/random", local=None)
    require(list(stored(scene.path("ours.kith"))) == [OTHER_PEER], "not that one alone")
    require(device(scene.path("ours.kith"))[1] == OTHERS, "another address")
    process = bring(scene, *files, "--only", f"{OTHERS[:-1]}9/random", status=1, local=None)
    require("none of these bonds" in process.err, process.err)


@case("bonds import: what a peer has already stands; --replace replaces it under its number", 20, 0.6)
def replace(scene):
    bring(scene, place(scene, bluez()))
    bring(scene, place(scene, bluez(MY_LTK), OTHER_PEER))
    before = scene.path("ours.kith").read_bytes()
    path = place(scene, bluez(OTHER_LTK))
    process = bring(scene, path, status=1)
    require("has a bond already" in process.out and "--replace" in process.out, process.out)
    require(scene.path("ours.kith").read_bytes() == before, "the store has changed")
    process = bring(scene, path, "--replace", "--json")
    require(outcomes(process) == ["replaced"], process.out)
    bonds = stored(scene.path("ours.kith"))
    require((bonds[PEER]["ltk"], bonds[PEER]["peer"]) == (OTHER_LTK, 1), f"{bonds}")
    require(bonds[OTHER_PEER]["ltk"] == MY_LTK, "another bond has changed")


@case("bonds import: a weaker bond never takes a place: lower level, shorter key, legacy; --replace or not", 30, 1)
def weaker(scene):
    bring(scene, "--trust-levels", place(scene, bluez(kind=SC_AUTHENTICATED)))
    before = scene.path("ours.kith").read_bytes()
    for name, text, more in (("lower level", bluez(OTHER_LTK, SC_AUTHENTICATED), ()),
                             ("legacy", bluez_legacy(OTHER_LTK), ("--trust-levels",)),
                             ("not authenticated", bluez(OTHER_LTK, SC), ("--trust-levels",))):
        process = bring(scene, place(scene, text), "--replace", "--json", *more, status=1)
        require(outcomes(process) == ["stronger"], f"{name}: {process.out}")
        require(scene.path("ours.kith").read_bytes() == before, f"{name}: the store has changed")
    process = bring(scene, place(scene, bluez(OTHER_LTK, SC_AUTHENTICATED)), "--replace", "--json", "--trust-levels")
    require(outcomes(process) == ["replaced"], process.out)


@case("bonds import: a shorter key takes no place of a longer one", 20, 0.4)
def shorter(scene):
    bring(scene, place(scene, bluez_legacy()))
    short = bluez_legacy(LTK[6:].rjust(16, b"\0"), MY_LTK[6:].rjust(16, b"\0")).replace("EncSize=16", "EncSize=10")
    process = bring(scene, place(scene, short), "--replace", "--json", status=1)
    require(outcomes(process) == ["stronger"], process.out)


@case("bonds import: a legacy bond takes no place of Secure Connections, at the same level too", 20, 0.4)
def legacy_for_sc(scene):
    bring(scene, place(scene, bluez()))
    process = bring(scene, place(scene, bluez_legacy(OTHER_LTK)), "--replace", "--json", status=1)
    require(outcomes(process) == ["stronger"], process.out)
    require(stored(scene.path("ours.kith"))[PEER]["ltk"] == LTK, "it was replaced")


@case("bonds import of the same bond, believed now: it is a stronger one, and replaces if it may", 20, 0.4)
def believed_later(scene):
    path = place(scene, bluez(kind=SC_AUTHENTICATED))
    bring(scene, path)
    process = bring(scene, path, "--trust-levels", "--json", status=1)
    require(outcomes(process) == ["kept"], process.out)
    process = bring(scene, path, "--trust-levels", "--replace", "--json")
    require(outcomes(process) == ["replaced"], process.out)
    require(stored(scene.path("ours.kith"))[PEER]["level"] == 4, "it is not believed")


@case("bonds import once more: the same bonds are there already, nothing is written, and that is success", 20, 0.3)
def again(scene):
    path = place(scene, bluez(kind=SC_AUTHENTICATED))
    bring(scene, path, "--trust-levels")
    before = scene.path("ours.kith").read_bytes()
    for more in ((), ("--replace",), ("--trust-levels",)):
        process = bring(scene, path, "--json", *more)
        require(outcomes(process) == ["unchanged"], process.out)
    require(scene.path("ours.kith").read_bytes() == before, "the store has changed")


@case("bonds import --dry-run tells what would be done, makes no store, and changes none", 20, 0.5)
def dry_run(scene):
    path = place(scene, bluez())
    process = bring(scene, path, "--dry-run")
    require("would be imported" in process.out and OURS in process.out, process.out)
    require(not scene.path("ours.kith").exists(), "a store was made")
    bring(scene, path)
    before = scene.path("ours.kith").read_bytes()
    process = bring(scene, "--dry-run", "--replace", "--json", place(scene, bluez(OTHER_LTK)),
                    place(scene, bluez(MY_LTK), OTHER_PEER))
    require(outcomes(process) == ["replaced", "imported"] and told(process, "imported")[0]["dry_run"], process.out)
    require(scene.path("ours.kith").read_bytes() == before, "the store has changed")
    bring(scene, "--dry-run", place(scene, bluez(OTHER_LTK)), status=1)


@case("bonds import: a bad entry is told and takes no good one with it; the exit status says that it was a part", 20, 0.3)
def partly(scene):
    path = scene.path("keys.json")
    path.write_text(bumble((PEER, LTK), (OTHER_PEER, None)))
    process = bring(scene, path, "--json", status=3)
    require(outcomes(process) == ["imported"], process.out)
    require(any(o["effect"] == "refused" and OTHER_PEER in o["sentence"] for o in told(process, "finding")), process.out)
    require(list(stored(scene.path("ours.kith"))) == [PEER], "not that one alone")
    require("1 of 2 entries" in process.err, process.err)


@case("bonds import of several files is all or nothing: where one cannot be read no store is made", 20, 0.2)
def all_or_nothing(scene):
    bring(scene, place(scene, bluez()), scene.path("none"), status=1)
    require(not scene.path("ours.kith").exists(), "a store was made")


@case("bonds import: the other side's view of our bond is no bond of ours", 20, 0.3)
def ourselves(scene):
    bring(scene, place(scene, bluez()))
    path = scene.path("info")
    path.write_text(bluez(OTHER_LTK))
    process = bring(scene, path, "--json", "--peer", f"{OURS}/random", status=1,
                    local=f"{PEER}/random")
    require(outcomes(process) == ["ourselves"], process.out)


@case("bonds import: of two bonds of one peer the one of the store's own identity is taken", 30, 0.5)
def twice(scene):
    bring(scene, place(scene, bluez(MY_LTK), OTHER_PEER))
    files = scene.path("other.json"), scene.path("ours.json")
    files[0].write_text(bumble((PEER, OTHER_LTK), local=OTHERS))
    files[1].write_text(bumble((PEER, LTK)))
    process = bring(scene, *files, "--other-identity", "--json", status=3, local=None)
    require(outcomes(process) == ["imported", "twice"], process.out)
    require(stored(scene.path("ours.kith"))[PEER]["ltk"] == LTK, "the other one was taken")


@case("bonds import into stores of other kinds, and where kith pair keeps its bonds when nobody says where", 30, 0.6)
def other_stores(scene):
    path = place(scene, bluez())
    for store in (f"json:{scene.path('bonds.json')}", f"sqlite:{scene.path('bonds.sqlite')}", None):
        where = ("--store", store) if store else ()
        for word in ("imported (peer 1)", "unchanged (peer 1)"):
            process = scene.run("bonds", "import", path, "--local", f"{OURS}/random", *where)
            require(process.status() == 0 and word in process.out, process.out + process.err)
    require(scene.bonds(scene.pair_store)[0]["identity"] == PEER, "it is not where kith pair looks")
    require(scene.pair_store.parent.stat().st_mode & 0o777 == 0o700, "others may look into the folder")


@case("bonds import and check read from a pipe, too", 20, 0.3)
def pipe(scene):
    path = scene.path("pipe")
    os.mkfifo(path)
    for action, *store in (("check",), ("import", "--store", scene.path("ours.kith"))):
        process = scene.start("bonds", action, path, *store, stdin="ended")
        path.write_text(bumble((PEER, LTK)))
        process.ends(0)
        require(f"{PEER} (random), level 2" in process.out, process.out)


@case("bonds: the command that reads keys leaves no core file with them", 20, 0.3)
def no_core(scene):
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if most == 0:
        raise Skip("no program may leave a core file here")
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    path = scene.path("pipe")
    os.mkfifo(path)
    for action, *store in (("check",), ("import", "--store", scene.path("ours.kith"))):
        process = scene.start("bonds", action, path, *store, stdin="ended")
        with path.open("w") as pipe_end:  # it has come as far as to read
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            pipe_end.write(bumble((PEER, LTK)))
        (core,) = [line.split() for line in limits.splitlines() if line.startswith("Max core file size")]
        require(core[4:6] == ["0", "0"], f"{core}")
        process.ends(0)


@case("bonds import tells of an identity resolving key that another peer has, too", 20, 0.3)
def shared_irk(scene):
    bring(scene, place(scene, bluez()))
    process = bring(scene, place(scene, bluez(OTHER_LTK), OTHER_PEER))
    require("identity resolving key of peer 1" in process.out, process.out)


@case("bonds import and check refuse by name: no file, a folder, an empty one, a huge one, no known format, a damaged one",
      60, 2)
def unreadable(scene):
    huge, foreign, empty, broken = (scene.path(name) for name in ("huge", "foreign", "empty", "broken"))
    with open(huge, "wb") as file:
        file.truncate((4 << 20) + 1)
    foreign.write_bytes(b"Dear bonds,\n" * 9)
    empty.write_bytes(b"")
    broken.write_text('{"D0:99:88:77:66:01": {')
    for path, words, more in ((scene.path("none"), ["cannot be read", "No such file"], ()),
                              (scene.make("folder"), ["cannot be read", "directory"], ()), (empty, ["empty"], ()),
                              (huge, ["more than 4 MiB"], ()), (foreign, ["no format", "bluez"], ()),
                              (broken, ["not read"], ("--format", "bumble"))):
        process = bring(scene, path, *more, status=1)
        one_sentence(process, 1, re.escape(str(path)), *words)
        one_sentence(scene.run("bonds", "check", path, *more), 1, re.escape(str(path)), *words)
        require(not scene.path("ours.kith").exists(), "a store was made")


@case("bonds import into a store in use by another kith is refused, and the other one goes on", 30, 1)
def in_use(scene):
    scene.controller()
    lamp = scene.serve("--store", scene.path("ours.kith"))
    before = scene.path("ours.kith").read_bytes()
    own = device(scene.path("ours.kith"))[1]
    process = bring(scene, place(scene, bluez()), status=1, local=f"{own}/random")
    one_sentence(process, 1, "in use by another kith")
    require(scene.path("ours.kith").read_bytes() == before and lamp.status() is None, "the other one was disturbed")
    lamp.stop()
    bring(scene, place(scene, bluez()), local=f"{own}/random")


@case("bonds import leaves a store alone that is damaged, of a later version, sealed, without its identity, or none", 60,
      2)
def unsound(scene):
    path, info = scene.path("ours.kith"), place(scene, bluez(OTHER_LTK), OTHER_PEER)
    bring(scene, place(scene, bluez()))
    sound = path.read_bytes()

    def seal():
        data = bytearray(path.read_bytes())
        bond = records.standing(data, BOND)
        data[bond.octets_at] |= 0x80
        records._rewrite(data, bond)
        path.write_bytes(data)

    for spoil, word in ((lambda: records.flip_in_bond(path), "damaged"), (lambda: records.make_newer(path), "later version"),
                        (lambda: records.make_bond_newer(path), "later version"), (seal, "sealed"),
                        (lambda: records.flip_in_device(path), "damaged"),
                        (lambda: path.write_bytes(test_bonds_check.store((BOND, 1, test_bonds_check.bond()))[0]),
                         "identity is missing"),
                        (lambda: path.write_bytes(b"Dear store,\n" * 100), "no store")):
        path.write_bytes(sound)
        spoil()
        spoilt = path.read_bytes()
        one_sentence(bring(scene, info, status=1), 1, word)
        require(path.read_bytes() == spoilt, f"{word}: it was changed")


@case("bonds import into a store without room for all of them writes none of them", 30, 1)
def full(scene):
    path = scene.path("keys.json")
    peers = [(f"C1:00:00:00:{i >> 8:02X}:{i & 255:02X}", bytes([i >> 8, i & 255]) + LTK[2:]) for i in range(1, 301)]
    path.write_text(bumble(*peers))
    process = bring(scene, path, status=1)
    require("has room for" in process.err and "imported (" not in process.out, process.err)
    require(stored(scene.path("ours.kith")) == {}, "some were written")
    other = f"json:{scene.path('ours.json')}"
    process = scene.run("bonds", "import", path, "--store", other, limit_s=60)
    require(process.status() == 0 and len(scene.bonds_of(other)) == 300, process.err)


@case("bonds import that is stopped by Ctrl-C says how far it came, and goes on when called again", 90, 8)
def interrupted(scene):
    path = scene.path("keys.json")
    peers = [(f"C1:00:00:00:{i >> 8:02X}:{i & 255:02X}", bytes([i >> 8, i & 255]) + LTK[2:]) for i in range(1, 301)]
    path.write_text(bumble(*peers))
    store = f"json:{scene.path('ours.json')}"
    process = scene.start("bonds", "import", path, "--store", store, stdin="ended")
    process.expect(r"imported \(peer 20\)")
    process.interrupt()
    process.ends(130, limit_s=20)
    one_sentence(process, 130, "stopped: \\d+ bonds were imported")
    said = int(re.search(r"stopped: (\d+)", process.err)[1])
    there = scene.bonds_of(store)
    require(len(there) == said and 20 <= said < 300, f"{said} were told, {len(there)} are there")
    process = scene.run("bonds", "import", path, "--store", store, limit_s=60)
    require(process.status() == 0 and len(scene.bonds_of(store)) == 300, process.err)
    require(f"300 of 300 entries are in {store}, {300 - said} of them newly" in process.out, process.out)


@case("bonds import: wrong arguments are wrong use", 30, 1)
def wrong_use(scene):
    info = place(scene, bluez())
    for arguments, word in (((), "import what"), ((info, "--format", "bluz"), "one of: json, bluez"),
                            ((info, "--local", "C0:11:22"), "wants an address"),
                            ((info, "--local", PEER), "which of both"), ((info, "--local", "40:11:22:33:44:55/random"),
                                                                         "a public or a static address"),
                            ((info, "--only", "lamp"), "wants an address"), ((info, "--store", "none"), "keeps no bonds"),
                            ((info, "--rplace"), "unrecognized option")):
        usage_error(scene.run("bonds", "import", *arguments), word)
    usage_error(scene.run("bonds", "--json", "import", info), "comes before its options")
    usage_error(scene.run("bonds", "list", "--format", "bluez"), "check FILE")


@case("bonds check FILE tells format, entries and findings of another system's file, and writes nothing", 20, 0.5)
def check_file(scene):
    path = scene.path("keys.json")
    path.write_text(bumble((PEER, LTK), (OTHER_PEER, None)))
    before = sorted(os.listdir(scene.folder)), sorted(os.listdir(scene.environment["HOME"]))
    people, programs = (scene.run("bonds", "check", path, *more) for more in ((), ("--json",)))
    no_keys(people, programs)
    one_sentence(people, 1, "1 of the 2 entries", re.escape(str(path)))
    require(f"{PEER} (random), level 2" in people.out and "bumble, 2 entries, of which 1 can be imported; 1 refused." in people.out, people.out)
    require(OTHER_PEER in people.out and "refused" in people.out, people.out)
    (end,) = told(programs, "check-file")
    require((end["format"], end["entries"], end["bonds"], end["refused"]) == ("bumble", 2, 1, 1), f"{end}")
    require([o["identity"] for o in told(programs, "entry")] == [PEER], programs.out)
    sound = scene.run("bonds", "check", place(scene, bluez()))
    require(sound.status() == 0 and "bluez, 1 entry, of which 1 can" in sound.out, sound.out + sound.err)
    after = sorted(set(os.listdir(scene.folder)) - {"bluetooth"}), sorted(os.listdir(scene.environment["HOME"]))
    require(before == after, "something was written")


@case("bonds check FILE of a store checks that store", 20, 0.3)
def check_store(scene):
    bring(scene, place(scene, bluez()))
    process = scene.run("bonds", "check", scene.path("ours.kith"))
    require(process.status() == 0 and "is sound" in process.out, process.out + process.err)
    usage_error(scene.run("bonds", "check", scene.path("ours.kith"), "--store", scene.path("ours.kith")), "one of them")


@case("bonds import where nobody reads what it prints says so", 20, 0.2)
def closed_stdout(scene):
    process = scene.run("bonds", "import", place(scene, bluez()), "--local", f"{OURS}/random", "--store",
                        scene.path("ours.kith"), stdout="none")
    one_sentence(process, 1, "nobody reads what this program prints")
