"""`kith serve FILE`: a table in a file is served as it says, and refused where it is wrong."""

import copy
import json

from bare_central import Client
from case import case
from scene import *

ROOT = Path(__file__).resolve().parents[2]
OWN = "7a1e0001-52b2-4ea1-a0f5-4b6974680000"
SECRET, NOTE = "1000", "1200"  # handles of the first and the second value of the first service, in wire order
NOT_PERMITTED_TO_WRITE, NO_KEY, AUTHORIZATION, OFFSET, LENGTH = "03", "05", "08", "07", "0d"
SUBSCRIBE, INDICATE = "0100", "0200"


def error(opcode, handle, code):
    return f"01{opcode}{handle}{code}"


def read(client, handle):
    return client.ask("0a" + handle)


def write(client, handle, value):
    return client.ask("12" + handle + value)


def value(**what):
    """A characteristic that may be read, in the words of a file."""
    return {"uuid": "2a56", "properties": ["read"], "permissions": {"read": "open"}, **what}


def written(*characteristics, **what):
    return {"services": [{"uuid": OWN, "characteristics": list(characteristics)}], **what}


NOTEPAD = written(value(name="secret", permissions={"read": "encrypted"}, hex="c0ffee"),
                  value(name="note", uuid="2a57", properties=["read", "write", "notify"],
                        permissions={"read": "open", "write": "open", "notify": "open"}, text="old", min=2),
                  name="notepad")


def save(scene, table, name="table.json"):
    path = scene.path(name)
    path.write_text(table if isinstance(table, str) else json.dumps(table, indent=2))
    return path


def serve(scene, table, *options, **how):
    """Served, with its events in JSON; returns (the command, where it is found)."""
    scene.air = scene.controller(terminal=False).listens_at
    how.setdefault("terminal", False)
    server = scene.serve(save(scene, table), "--json", *options, **how)
    return server, json.loads(re.search(r'\{"event":"ready"[^\n]*\}', server.out)[0])["address"]


def client_of(scene, table, *options, **how):
    server, address = serve(scene, table, *options, **how)
    return server, Client(scene.air, address)


def told(server, event):
    return json.loads(server.expect(rf'\{{"event":"{event}"[^\n]*\}}\n')[0])


def the_example():
    """The table of docs/serve-json.md, as it stands there."""
    return re.search(r"```json\n(.*?)```", (ROOT / "docs/serve-json.md").read_text(), re.DOTALL)[1]


# ---- what is served ----

@case("serve FILE: the document's example is sound; its open value is read in plain, the other one after pairing", seconds=5)
def example_of_document(scene):
    lint = scene.run("lint", "--strict", save(scene, the_example()))
    require(lint.status() == 0, lint.out + lint.err)
    server, client = client_of(scene, the_example(), stdin="ended")
    with client:
        require(read(client, "1000") == "0b57", "the battery level is not 0x57")
        require(read(client, "1500") == error("0a", "1500", NO_KEY), "the temperature is read in plain")
        require(read(client, "1700") == "0b" + b"in the kitchen".hex(), "the descriptor")
    phone = scene.run("pair", "--json", "--read", f"{OWN}/2a6e", "thermometer")
    require(phone.status() == 0 and '"value":"d007"' in phone.out, phone.out + phone.err)
    require(len(scene.bonds(scene.store("serve-thermometer"))) == 1, "no bond in the table's store")
    require(server.stop() == 0, server.err)


@case("serve FILE: a plain link reads and writes what is open, and is refused all else by the right error", seconds=3)
def permissions_in_plain(scene):
    server, client = client_of(scene, NOTEPAD, stdin="ended")
    with client:
        require(read(client, SECRET) == error("0a", SECRET, NO_KEY), "the secret is read in plain")
        require(write(client, SECRET, "00") == error("12", SECRET, NOT_PERMITTED_TO_WRITE), "read-only is written")
        require(read(client, NOTE) == "0b" + b"old".hex(), "the note")
        require(write(client, NOTE, b"new".hex()) == "13", "the note is not written")
        require(read(client, NOTE) == "0b" + b"new".hex(), "the note is not what was written")
        event = told(server, "value-written")
        require(event["name"] == "note" and event["value"] == b"new".hex(), f"{event}")
        require(write(client, NOTE, "41") == error("12", NOTE, LENGTH), "shorter than min")
        require(read(client, NOTE) == "0b" + b"new".hex(), "a refused write changed it")


@case("serve FILE: a value that wants an authenticated link is not read by who paired by Just Works", seconds=4)
def authenticated_value(scene):
    table = written(value(permissions={"read": "authenticated"}, text="top"), name="vault")
    server, _ = serve(scene, table, "--io", "display-only", stdin="ended")
    phone = scene.run("pair", "--io", "none", "--read", f"{OWN}/2a56", "vault")
    require(phone.status() != 0 and "Insufficient Authentication" in phone.err, phone.out + phone.err)
    require('"level":2' in server.out, "the link was not even encrypted")


@case("serve FILE: a key size, 32-bit and 128-bit UUIDs, an included and a secondary service, as the file has them", seconds=4)
def structure(scene):
    table = {"services": [
        {"name": "inner", "uuid": "0000abcd", "secondary": True, "characteristics": [
            value(uuid="5A3C2F10-7D0E-4E1B-9C55-4B6974680002", permissions={"read": "open"}, hex="01 02")]},
        {"uuid": OWN, "includes": ["inner"], "characteristics": [
            value(permissions={"read": "encrypted", "key_size": 16}, text="sized")]}]}
    _, client = client_of(scene, table, "--name", "tree", stdin="ended")
    with client:
        long_form = "fb349b5f8000008000100000cdab0000"  # least significant octet first
        require(read(client, "0e00") == "0b" + long_form, "the declaration of the secondary service")
        require(client.ask("080e00ffff0128") == "09120e00" + long_form, "it is not a secondary service")
        require(client.ask("081100ffff0228") == "090612000e001000", "it is not included")
        require(read(client, "1000") == "0b0102", "its value")
    phone = scene.run("pair", "--read", f"{OWN}/2a56", "tree")
    require(phone.has_said("sized"), phone.out + phone.err)


@case("serve FILE: 512 octets are prepared in parts and executed; --mtu is what the client is told", seconds=3)
def long_write(scene):
    server, client = client_of(scene, NOTEPAD, "--mtu", "517", stdin="ended")
    octets = bytes(i % 251 for i in range(512))
    with client:
        for at in range(0, 512, 18):
            part = (NOTE + at.to_bytes(2, "little").hex() + octets[at:at + 18].hex())
            require(client.ask("16" + part) == "17" + part, f"the part at {at} does not come back")
        require(read(client, NOTE) == "0b" + b"old".hex(), "it was written before it was executed")
        require(client.ask("1801") == "19", "it was not executed")
        require(told(server, "value-written")["value"] == octets.hex(), "another value was told")
        require(client.ask("0c" + NOTE + "fc01") == "0d" + octets[508:].hex(), "its end")
        require(client.ask("16" + NOTE + "000241") == "17" + NOTE + "000241", "one more")
        require(client.ask("1801") == error("18", NOTE, LENGTH), "513 octets were taken")
        require(client.ask("02" + "1700") == "03" + "0502", "the MTU is not 517")


@case("serve FILE: `set' changes a value and tells it to who subscribed; `list' and mistakes are answered", seconds=3)
def set_and_list(scene):
    server, client = client_of(scene, NOTEPAD)
    with client:
        server.say("set note nobody hears")
        require(told(server, "value-set")["told"] == "0", "somebody was told")
        require(write(client, "1300", SUBSCRIBE) == "13", "not subscribed")
        require(told(server, "subscribed")["name"] == "note", "another value was subscribed to")
        server.say("set note  two words")
        require(client.hear() == "1b" + NOTE + b" two words".hex(), "the notification")
        event = told(server, "value-set")
        require((event["name"], event["value"], event["told"]) == ("note", '" two words"', "1"), f"{event}")
        server.say("set secret 0xBEEF")
        require(told(server, "value-set")["value"] == "0xbeef", "hex")
        require(read(client, NOTE) == "0b" + b" two words".hex(), "what was set is not read")
        for line, words in (("set", "set NAME VALUE"), ("sing", "set NAME VALUE"), ("set nothing 1", "No value"),
                            ("set note x", "2 to 512 octets"), ("set note 0x4", "hex digits"), ("set note", "2 to 512")):
            server.say(line)
            require(words in told(server, "not-understood")["sentence"], f"{line!r} is not answered by {words!r}")
        server.say("list")
        require([told(server, "value")["value"] for _ in range(2)] == ["0xbeef", '" two words"'], "the list")


@case("serve FILE: a client that wants indications gets them; an UUID does for a name, unless two values have it", seconds=3)
def indications(scene):
    told_twice = {"properties": ["indicate"], "permissions": {"notify": "open"}}
    table = written(value(**told_twice), value(uuid="2A57"), value(uuid="2a57"))
    server, client = client_of(scene, table)
    with client:
        require(write(client, "1100", INDICATE) == "13", "not subscribed")
        server.say("set 2A56 hello")
        require(client.hear() == "1d" + SECRET + b"hello".hex(), "the indication")
        client.say("1e")
        require(told(server, "indicated")["result"] == "ok", "it was not confirmed")
        server.say("set 2a57 1")
        require("More than one" in told(server, "not-understood")["sentence"], "one of two was set")


@case("serve --notify NAME:MS tells a value again and again, to who subscribed", seconds=3)
def notify(scene):
    server, client = client_of(scene, NOTEPAD, "--notify", "note:20", stdin="ended")
    with client:
        require(write(client, "1300", SUBSCRIBE) == "13", "not subscribed")
        for _ in range(5):
            require(client.hear() == "1b" + NOTE + b"old".hex(), "another PDU")


@case("serve FILE: what has to be authorized is asked of the person; yes lets one request through, no refuses it", seconds=4)
def authorized(scene):
    table = written(value(name="door", properties=["read", "write"],
                          permissions={"read": "open", "write": "open", "authorized": ["write"]}, text="shut"))
    server, client = client_of(scene, table)
    with client:
        require(read(client, SECRET) == "0b" + b"shut".hex(), "reading is asked about, too")
        for answer, wanted in (("yes", "13"), ("no", error("12", SECRET, AUTHORIZATION)), ("yes", "13")):
            client.say("12" + SECRET + "41")
            require("May the peer write handle 0x0010?" in told(server, "authorization-wanted")["sentence"], "the question")
            server.say(answer)
            require(client.hear() == wanted, f"{answer} was not answered by {wanted}")
        client.say("12" + SECRET + "42")
        told(server, "authorization-wanted")
        client.fail_to_pair()  # which is no answer to this question
        told(server, "pairing-failed")
        server.say("yes")
        require(client.hear() == "13", "a pairing that failed took the question away")
        server.say("set door open")
        require(told(server, "value-set")["value"] == '"open"', "commands are not taken any more")


@case("serve FILE: where nobody can answer, what has to be authorized is refused", seconds=3)
def nobody_authorizes(scene):
    table = written(value(permissions={"read": "open", "authorized": True}))
    _, client = client_of(scene, table, stdin="ended")
    with client:
        require(read(client, SECRET) == error("0a", SECRET, AUTHORIZATION), "it was read")


@case("serve FILE on a terminal: the prompt gives way to questions and comes back; Ctrl-C leaves with 130", seconds=5)
def on_a_terminal(scene):
    scene.controller(terminal=False)
    server = scene.serve(save(scene, NOTEPAD))
    server.expect("kith> ")
    phone = scene.pair("--read", f"{OWN}/2a56", peer="notepad")
    compare(server, phone)
    server.expect(BONDED)
    phone.ends(0)
    require("c0ffee" in phone.out, phone.out)
    server.say("set note typed")
    server.expect('note is "typed"; 0 clients were told')
    server.interrupt()
    server.ends(130)
    require(not server.err, server.err)


@case("serve FILE: the end of the input ends commands, and nothing else", seconds=3)
def end_of_input(scene):
    server, client = client_of(scene, NOTEPAD)
    server.say("set note last words")
    server.end_input()
    told(server, "value-set")
    with client:
        require(read(client, NOTE) == "0b" + b"last words".hex(), "it is not served any more")
    require(server.stop() == 0, server.err)


@case("serve FILE: --name stands over the name in the file, for peers and for the store", seconds=3)
def name(scene):
    server, client = client_of(scene, NOTEPAD, "--name", "desk", stdin="ended")
    with client:
        require(read(client, "0300") == "0b" + b"desk".hex(), "the name")
    require(scene.store("serve-desk").exists() and not scene.store("serve-notepad").exists(), "the store")


@case("serve FILE: signed writes are refused without a key, and the table is taken as it says", seconds=3)
def signed(scene):
    table = written(value(properties=["read", "write", "signed-write"], text="plain",
                          permissions={"read": "open", "write": "open", "signed": "bonded"},
                          min=1, max=16))
    server, client = client_of(scene, table, stdin="ended")
    with client:
        client.say("d2" + SECRET + "41" + "00" * 12)
        require(read(client, SECRET) == "0b" + b"plain".hex(), "a signature of zeros was taken")
        require(write(client, SECRET, b"told".hex()) == "13", "it is not written")
        require(told(server, "write-wanted")["name"] == "2a56", "not told by name")
        require(read(client, SECRET) == "0b" + b"told".hex(), "nor read")
        for at, part, wanted in ((4, b" more", "19"), (10, b"x", error("18", SECRET, OFFSET)),
                                 (9, b"12345678", error("18", SECRET, LENGTH)), (0, b"", error("18", SECRET, LENGTH))):
            part = SECRET + at.to_bytes(2, "little").hex() + part.hex()
            require(client.ask("16" + part) == "17" + part, "a part does not come back")
            require(client.ask("1801") == wanted, f"{part} was not answered by {wanted}")
        require(read(client, SECRET) == "0b" + b"told more".hex(), "what was prepared")


# ---- examples ----

@case("serve --example heart-rate beats for who is encrypted, and for nobody else", seconds=5)
def heart_rate(scene):
    scene.air = scene.controller(terminal=False).listens_at
    server = scene.serve("--example", "heart-rate", "--json", terminal=False, stdin="ended")
    address = told_before(server, "ready")["address"]
    with Client(scene.air, address) as client:
        require(write(client, "1100", SUBSCRIBE) == error("12", "1100", NO_KEY), "told in plain")
        require(read(client, "1300") == error("0a", "1300", NO_KEY), "the location in plain")
    phone = scene.run("pair", "--json", "--read", "180d/2a38", "heart-rate")
    require(phone.status() == 0 and '"value":"01"' in phone.out, phone.out + phone.err)


@case("serve --example all: battery and device information are open, and `set battery-level' is told", seconds=3)
def all_examples(scene):
    scene.air = scene.controller(terminal=False).listens_at
    server = scene.serve("--example", "all", "--json", terminal=False)
    with Client(scene.air, told_before(server, "ready")["address"]) as client:
        require(read(client, "1800") == "0b57", "the battery level")
        require(write(client, "1900", SUBSCRIBE) == "13", "not subscribed")
        server.say("set battery-level 0x32")
        require(client.hear() == "1b180032", "the level is not told")
        server.say("set heart-rate 0x00")
        require("computed" in told(server, "not-understood")["sentence"], "the heart was set")
        found = client.ask("08" + "1a00ffff292a")  # Manufacturer Name
        require(found.startswith("09") and found.endswith(b"Kith".hex()), found)


def told_before(server, event):
    return json.loads(re.search(rf'\{{"event":"{event}"[^\n]*\}}', server.out)[0])


# ---- what is refused ----

def changed(path, new):
    """NOTEPAD with one thing changed; a path of keys and indices.  new None: taken away."""
    table = copy.deepcopy(NOTEPAD)
    at = table
    for step in path[:-1]:
        at = at[step]
    if new is None:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return table


SERVICE = ("services", 0)
FIRST = (*SERVICE, "characteristics", 0)
SECOND = (*SERVICE, "characteristics", 1)
IN_FIRST = r"services\[0\]\.characteristics\[0\]"
BAD = [
    ("no JSON", "{\n  'services': []\n}", "line 2, column"),
    ("half a file", '{"services": [', "line 1"),
    ("a key twice", '{"services": [],\n "services": []}', "line 2.*duplicate"),
    ("an array", [], "an object is wanted, not an array"),
    ("nothing in it", {}, "'services' is missing"),
    ("no services", {"services": []}, "services: there is no service"),
    ("services that are none", {"services": {}}, "services: an array is wanted, not an object"),
    ("an unknown key", changed(("service",), []), "no such key as 'service'"),
    ("an unknown key with a line end", changed(("a\nb",), []), r"no such key as 'a\?b'"),
    ("a name that is no text", changed(("name",), 5), "name: a text is wanted, not a number"),
    ("a long name", changed(("name",), "x" * 249), "name: it has 249 octets"),
    ("an appearance out of range", changed(("appearance",), 65536), "appearance: a number from 0 to 65535"),
    ("an appearance of fractions", changed(("appearance",), 1.5), "appearance: a whole number is wanted"),
    ("no UUID", changed((*SERVICE, "uuid"), None), r"services\[0\]: 'uuid' is missing"),
    ("a UUID of five digits", changed((*FIRST, "uuid"), "2a560"), IN_FIRST + r"\.uuid: '2a560' is no UUID"),
    ("a UUID of other letters", changed((*FIRST, "uuid"), "0000zzzz"), IN_FIRST + r"\.uuid: '0000zzzz' is no UUID"),
    ("a UUID of the structure", changed((*SERVICE, "uuid"), "2800"), r"services\[0\]\.uuid: .* for the host to make"),
    ("an unknown key of a service", changed((*SERVICE, "primary"), True), r"services\[0\]: .*'primary'"),
    ("secondary as a word", changed((*SERVICE, "secondary"), "yes"), r"services\[0\]\.secondary: true or false"),
    ("an include of nothing", changed((*SERVICE, "includes"), ["x"]), r"services\[0\]\.includes\[0\]: no service before"),
    ("an include that is no name", changed((*SERVICE, "includes"), [0]), r"includes\[0\]: the name of a service"),
    ("an unknown key of a characteristic", changed((*FIRST, "value"), "x"), IN_FIRST + ": .*'value'"),
    ("no properties", changed((*FIRST, "properties"), None), IN_FIRST + ": 'properties' is missing"),
    ("a wrong property", changed((*FIRST, "properties"), ["read", "reed"]),
     IN_FIRST + r"\.properties\[1\]: 'reed' is none of: read, write-without-response"),
    ("a property twice", changed((*FIRST, "properties"), ["read", "read"]), r"properties\[1\]: 'read' is there twice"),
    ("no permissions", changed((*FIRST, "permissions"), None), IN_FIRST + ": 'permissions' is missing"),
    ("a wrong word", changed((*FIRST, "permissions", "read"), "encryptd"),
     IN_FIRST + r"\.permissions\.read: 'encryptd' is none of: open, encrypted, authenticated, sc-authenticated"),
    ("a word that is a number", changed((*FIRST, "permissions", "read"), 2), r"permissions\.read: a word is wanted"),
    ("an unknown permission", changed((*FIRST, "permissions", "see"), "open"), r"permissions: .*'see'"),
    ("a short key size", changed((*FIRST, "permissions", "key_size"), 6), r"permissions\.key_size: a number from 7 to 16"),
    ("a long key size", changed((*FIRST, "permissions", "key_size"), 17), r"permissions\.key_size: a number from 7"),
    ("a property without permission", changed((*FIRST, "properties"), ["read", "write"]),
     IN_FIRST + ": 'properties' say 'write'.*'write' is missing"),
    ("a permission without property", changed((*FIRST, "permissions", "write"), "open"),
     IN_FIRST + ": 'permissions' say who may 'write'"),
    ("read without permission", changed((*FIRST, "permissions"), {}), IN_FIRST + ": 'properties' say 'read'"),
    ("signed without property", changed((*FIRST, "permissions", "signed"), "bonded"), "say who may 'signed'"),
    ("notify without property", changed((*FIRST, "permissions", "notify"), "encrypted"), "say who may 'notify'"),
    ("a signature open to all", changed((*FIRST, "permissions", "signed"), "open"), "'open' is none of: bonded"),
    ("authorized writes that nobody may", changed((*FIRST, "permissions", "authorized"), ["write"]),
     r"permissions: 'authorized' names 'write'"),
    ("authorized, by a word", changed((*FIRST, "permissions", "authorized"), "read"),
     r"permissions\.authorized: an array is wanted"),
    ("hex that is none", changed((*FIRST, "hex"), "c0ffe"), IN_FIRST + r"\.hex: pairs of hex digits"),
    ("text and hex", changed((*FIRST, "text"), "coffee"), IN_FIRST + ": 'text' and 'hex'"),
    ("a long value", changed((*SECOND, "text"), "x" * 513), r"\.text: it has 513 octets"),
    ("a value below min", changed((*SECOND, "min"), 4), "the value has 3 octets, and may have 4 to 512"),
    ("a value above max", changed((*SECOND, "max"), 2), "the value has 3 octets, and may have 2 to 2"),
    ("min above max", changed((*SECOND, "max"), 1), r"min: a number from 0 to 1 is wanted, not 2"),
    ("max above 512", changed((*SECOND, "max"), 513), r"max: a number from 0 to 512"),
    ("a name twice", changed((*FIRST, "name"), "note"), r"characteristics\[1\]: the name 'note' is taken"),
    ("a name of two words", changed((*FIRST, "name"), "my note"), "the name 'my note' has a space"),
    ("a descriptor that notifies", changed((*FIRST, "descriptors"), [
        {"uuid": "2901", "permissions": {"read": "open", "notify": "open"}}]),
     IN_FIRST + r"\.descriptors\[0\]\.permissions: .*'notify'"),
    ("a configuration of one's own", changed((*FIRST, "descriptors"), [
        {"uuid": "2902", "permissions": {"read": "open"}}]), r"descriptors\[0\]\.uuid: '2902' is for the host"),
    ("a descriptor with properties", changed((*FIRST, "descriptors"), [
        {"uuid": "2901", "properties": ["read"], "permissions": {}}]), r"descriptors\[0\]: .*'properties'"),
]


def check_bad(table, words):
    def run(scene):
        path = save(scene, table)
        for command in ("serve", "lint"):
            process = scene.run(command, path)
            one_sentence(process, 2, re.escape(str(path)), words)
            require(process.out == "", f"stdout: {process.out}")
    return run


for _what, _table, _words in BAD:
    case(f"a table is refused with its place: {_what}", 20, 0.2)(check_bad(_table, _words))


@case("a table that is not there, or a folder: one sentence, exit status 2", 20, 0.2)
def no_file(scene):
    for command in ("serve", "lint"):
        one_sentence(scene.run(command, scene.path("none.json")), 2, "none.json", "No such file")
        one_sentence(scene.run(command, scene.make(command)), 2, command, "cannot be read")


@case("serve: wrong words around a table are refused before anything is touched", 20, 1)
def wrong_options(scene):
    path = save(scene, NOTEPAD)
    for arguments, words in ((("--notify", "note:10"), "--notify"), ((path, path), "one argument too many"),
                             ((path, "--example", "battery"), "only one of the two"),
                             ((path, "--notify", "note"), "NAME:MS"), ((path, "--notify", ":5"), "NAME:MS"),
                             ((path, "--notify", "note:0"), "at least 1 ms"), ((path, "--notify", "note:x"), "'x'"),
                             ((path, "--notify", "nobody:5"), "no value has that name"),
                             ((path, "--notify", "secret:5"), "neither notifies nor indicates"),
                             ((path, *("--notify", "note:5") * 9), "8 times"),
                             (("--example", "toaster"), "heart-rate, battery"), (("--mtu", "22"), "23 to 517"),
                             (("--mtu", "518"), "517"), (("--mtu", "big"), "big")):
        process = scene.run("serve", *arguments)
        usage_error(process, words)
    require(not scene.store("serve-notepad").exists(), "a store was made")
