"""The examples that wait, on live controllers: each with its counterpart, in processes of their own."""

import json
import socket
import stat

from case import case
from scene import *

SLOW_S = 40  # twenty rounds of Passkey Entry, two connection intervals of 312.5 ms each
VALUE = r"Read value: \[([0-9a-f ]*)\]"


def example(scene, program, *words, **how):
    name = how.pop("name", program)
    path = scene.kith.parent / "examples" / program
    return scene.crew.start(name, [path, *words], environment=scene.environment, folder=scene.folder, **how)


def serve_passkey(scene, where):
    return example(scene, "secure_client", "--serve", "--hci", where, name="server", terminal=True)


def shown(server):
    return server.expect(r"The passkey is (\d{6})")[1]


def read_by_passkey(scene, where_server, where_client):
    server = serve_passkey(scene, where_server)
    client = example(scene, "secure_client", "--hci", where_client, "--count", "2", terminal=True)
    client.expect(r"Connected to iPhone, interval 312\.50 ms")
    client.expect("The passkey that the other device shows: ")
    client.say(shown(server))
    client.expect("Secured: Passkey Entry, key of 16 octets", SLOW_S)
    values = [client.expect(VALUE)[1] for _ in range(2)]
    require(values == ["00 00", "00 01"], f"it read {values}")
    client.ends(0)
    require(server.stop() == 0, "the server did not leave in order")


@case("secure_client reads over TCP and a pseudo terminal what only a typed passkey lets it read", seconds=20)
def over_tcp_and_pty(scene):
    radio = scene.start("controller", "--tcp", "127.0.0.1:0", "--pty", scene.path("tty"), terminal=True)
    port = radio.expect(r"127\.0\.0\.1:(\d+)")[1]
    radio.expect(r"/dev/pts/\d+")
    read_by_passkey(scene, f"tcp:127.0.0.1:{port}", f"uart:{scene.path('tty')}")


@case("secure_client with a wrong --passkey pairs with nobody, and says why", seconds=5)
def wrong_passkey(scene):
    scene.controller("--unix", scene.path("air"))
    server = serve_passkey(scene, f"unix:{scene.path('air')}")
    client = example(scene, "secure_client", "--hci", f"unix:{scene.path('air')}", "--passkey", "123456")
    passkey = shown(server)
    if passkey == "123456":
        raise Skip("the one in a million")
    client.ends(1)
    require(client.has_said("Confirm Value Failed"), "it does not say why")
    require(not client.has_said("Read value"), "it read all the same")


@case("secure_client reads over a socket, by its bond the second time, and Ctrl-C ends it in order", seconds=24)
def by_bond(scene):
    scene.controller("--unix", scene.path("air"))
    where = f"unix:{scene.path('air')}"
    server = serve_passkey(scene, where)
    words = ("--hci", where, "--store", scene.path("bonds"))
    client = example(scene, "secure_client", *words, "--count", "1", terminal=True)
    client.expect("The passkey that the other device shows: ")
    client.say(shown(server))
    client.ends(0, SLOW_S)
    again = example(scene, "secure_client", *words, terminal=True, name="again")
    again.expect(VALUE)
    again.expect(VALUE)
    again.interrupt()
    again.ends(0)
    require(not again.has_said("passkey"), "a passkey was asked for")


@case("secure_client stops waiting when its peer vanishes, and says so", seconds=8)
def peer_vanishes(scene):
    scene.controller("--unix", scene.path("air"))
    server = serve_passkey(scene, f"unix:{scene.path('air')}")
    client = example(scene, "secure_client", "--hci", f"unix:{scene.path('air')}", terminal=True)
    client.expect("The passkey that the other device shows: ")
    server.kill()
    client.ends(1)
    require(client.has_said("secure: the link was lost"), "it does not say what happened")


@case("secure_client stops when its controller vanishes, and says so", seconds=6)
def controller_vanishes(scene):
    radio = scene.controller("--unix", scene.path("air"))
    client = example(scene, "secure_client", "--hci", f"unix:{scene.path('air')}", "--name", "nobody")
    server = serve_passkey(scene, f"unix:{scene.path('air')}")
    server.expect("The server is on")
    radio.kill()
    client.ends(1)
    server.ends(1)
    require(server.has_said("the controller was lost"), "the server does not say what happened")
    require(client.has_said("the controller (was lost|does not answer)"), "it does not say what happened")


@case("the examples that wait refuse wrong words with status 2, and name them", seconds=2)
def wrong_words(scene):
    for program, words, named in (
            ("secure_client", ("--passkey", "1000000"), "1000000"),
            ("secure_client", ("--count", "-1"), "-1"),
            ("secure_client", ("--service", "180"), "180"),
            ("secure_client", ("--name", "x" * 32), "x" * 32),
            ("secure_client", ("--store", "b"), "--hci"),
            ("secure_client", ("--serve",), "--hci"),
            ("secure_client", ("lamp",), "lamp"),
            ("camera", ("--io", "5"), "5"),
            ("camera", ("--io", "12"), "12"),
            ("camera", ("--forget", "me", "--hci", "unix:x"), "me"),
            ("camera", ("--forget", "00:00:00:00:00:01"), "--hci"),
            ("camera", ("--serve",), "--hci"),
            ("camera", ("--store", "b", "--hci", "unix:x"), "--serve"),
            ("camera", ("lamp",), "lamp")):
        process = example(scene, program, *words)
        process.ends(2)
        require(named in process.err, f"{program} {' '.join(words)} does not name {named}")
        require(process.out == "", "it began all the same")
    for program in ("secure_client", "camera"):
        process = example(scene, program, "--help")
        process.ends(0)
        require("--hci" in process.out, "its help does not help")


@case("an example that finds no controller there says so", seconds=2)
def no_controller(scene):
    process = example(scene, "secure_client", "--hci", f"unix:{scene.path('nobody')}")
    process.ends(1)
    require(process.has_said("nobody: No such file or directory"), "it does not say why")


def serve_box(scene, where, *words):
    return example(scene, "camera", "--serve", "--hci", where, *words, name="box", terminal=True)


@case("camera pairs, keeps its secrets in the first folder it may write to, and comes back by the bond", seconds=6)
def camera_returns(scene):
    scene.controller("--unix", scene.path("air"))
    where = f"unix:{scene.path('air')}"
    box = serve_box(scene, where)
    words = ("--hci", where, "--secrets", scene.path("not there"), "--secrets", scene.folder)
    first = example(scene, "camera", *words, name="first")
    first.expect("0 peers, 0 records damaged")
    first.expect(r"battery of the box is at 87 %")
    first.expect("Paired: encrypted 1, authenticated 0, bonded 1, key_size 16")
    first.expect("The relay is on")
    first.ends(0)
    box.expect("click")
    secrets = scene.folder / "ble_secrets.json"
    require(stat.S_IMODE(secrets.stat().st_mode) == 0o600, "others may read the secrets")
    require(len(json.loads(secrets.read_text())["peers"]) == 1, "the file does not hold one peer")
    again = example(scene, "camera", *words, "--off", name="again")
    again.expect("1 peer, 0 records damaged")
    again.expect("By the bond: encrypted 1, authenticated 0, bonded 1, key_size 16")
    again.expect("The relay is off")
    again.ends(0)
    address = json.loads(secrets.read_text())["peers"][0]["bond"]["identity"].split()[0]
    forgets = example(scene, "camera", *words, "--forget", address, name="forgets")
    forgets.expect(f"{address} is forgotten")
    forgets.ends(0)
    require(not json.loads(secrets.read_text()).get("peers"), "the file still holds the peer")
    twice = example(scene, "camera", *words, "--forget", address, name="twice")
    twice.ends(1)
    refused = example(scene, "camera", *words, name="refused")
    refused.ends(1)
    require(refused.has_said("battery of the box is at 87 %"), "the open value is not open any more")
    require(not refused.has_said("The relay is"), "the relay was switched without a bond")


@case("camera with --mitm compares a number with the box, and without a display it is refused by name", seconds=6)
def camera_mitm(scene):
    scene.controller("--unix", scene.path("air"))
    where = f"unix:{scene.path('air')}"
    box = serve_box(scene, where)
    blind = example(scene, "camera", "--hci", where, "--mitm", name="blind")
    blind.ends(1)
    require(blind.has_said("allow no method that protects against a man in the middle"), "it does not say why")
    camera = example(scene, "camera", "--hci", where, "--mitm", "--io", "1", terminal=True)
    number = camera.expect(r"Does the other device show (\d{6}), too\?")[1]
    require(box.expect(r"Does the other device show (\d{6}), too\?")[1] == number, "the numbers differ")
    camera.say("y")
    box.say("y")
    camera.expect("Paired: encrypted 1, authenticated 1, bonded 1, key_size 16")
    camera.ends(0)


@case("camera tells what is wrong with its file of secrets, and takes no other place for it", seconds=3)
def camera_damaged(scene):
    scene.controller("--unix", scene.path("air"))
    secrets = scene.folder / "ble_secrets.json"
    secrets.write_text('{"kith": "bonds", "version": 1, "peers": [{"id": 0}]}')
    secrets.chmod(0o600)
    words = ("--hci", f"unix:{scene.path('air')}", "--secrets", scene.folder, "--secrets", "/tmp")
    damaged = example(scene, "camera", *words)
    damaged.ends(1)
    require(damaged.has_said("ble_secrets.json: line 1"), "it does not say where")
    secrets.chmod(0o644)
    open_to_all = example(scene, "camera", *words, name="open to all")
    open_to_all.ends(1)
    require(open_to_all.has_said("ble_secrets.json"), "it does not say which file others may read")


@case("an example without a keyboard answers no, and says so; a store of another kind is refused by name", seconds=9)
def nobody_types(scene):
    scene.controller("--unix", scene.path("air"))
    where = f"unix:{scene.path('air')}"
    server = serve_passkey(scene, where)
    server.expect("The server is on, and can be found")
    path = scene.kith.parent / "examples/secure_client"
    closed = scene.crew.start("closed", ["/bin/sh", "-c", 'exec "$@" <&-', "sh", path, "--hci", where],
                              environment=scene.environment, folder=scene.folder)
    closed.ends(1)
    require(closed.has_said("the input has ended: that is a no"), "it does not say that nobody can type")
    for store, words in (("json:bonds", "a file"), ("sqlite:bonds", "a file"), ("/nowhere/bonds", "No such file"),
                         (scene.folder, "no store of bonds")):
        process = example(scene, "secure_client", "--hci", where, "--store", store)
        process.ends(1)
        require(words in process.err, f"{store}: {process.err}")
    require(not scene.path("json:bonds").exists(), "a store was made under a name that means another kind")


@case("what is wrong with an example's controller is said in words, and nothing else is blamed", seconds=2)
def plain_words(scene):
    for where, words in (("nonsense", "names no controller"), ("sim", "names no controller"),
                         ("uart:/dev/null", "no serial line"), ("unix:/nowhere", "No such file")):
        for program in ("secure_client", "camera", "heart_rate_server"):
            process = example(scene, program, "--hci", where)
            process.ends(1)
            require(process.err.count("\n") == 1 and words in process.err, f"{program} {where}: {process.err}")


@case("pulser tells its story with no word more, and --help says so", seconds=1)
def pulser_alone(scene):
    example(scene, "pulser").ends(0)
    helps = example(scene, "pulser", "--help")
    helps.ends(0)
    require(re.search(r"wrong\s+use", helps.out), helps.out)
    example(scene, "pulser", "faster").ends(2)


@case("Ctrl-C while a controller does not answer ends each example at once, and nothing is said to be on", seconds=2)
def stopped_at_the_start(scene):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(scene.path("mute")))
        mute.listen()
        for program, words in (("secure_client", ()), ("secure_client", ("--serve",)), ("camera", ()),
                               ("camera", ("--serve",)), ("heart_rate_server", ())):
            process = example(scene, program, "--hci", f"unix:{scene.path('mute')}", *words)
            mute.settimeout(LIMIT_S)
            client, _ = mute.accept()
            require(client.recv(4) == b"\x01\x03\x0c\x00", "it begins with another command than Reset")
            process.interrupt()
            process.ends(0)
            client.close()
            require(not process.has_said("refused|is on|gone|advertising"), f"{program}: {process.out}{process.err}")
