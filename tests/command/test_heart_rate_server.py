"""The heart rate server as people start it: on a controller that another process serves, and with wrong arguments."""

from case import case
from scene import *

SHOWN = r"PASSKEY (\d{6}): type it on the phone"
KNOWN = r"encrypted with [0-9A-F:]{17} \((public|random)\): success"
CHEST = "180d/2a38"


def example(scene, name, *options):
    program = scene.kith.parent / "examples" / name
    if not program.exists():
        raise Skip(f"{name} is not built")
    return scene.crew.start(name, [program, *options], environment=scene.environment, folder=scene.folder)


def sensor_on(scene, radio):
    sensor = example(scene, "heart_rate_server", "--hci", f"unix:{radio.listens_at}", "--store", scene.path("sensor"))
    sensor.expect('advertising as "heart rate"')
    return sensor


def read(scene, *options, name="pair"):
    return scene.pair("--io", "keyboard-only", "--level", "sc-authenticated", "--yes", "--read", CHEST, *options,
                      peer="heart rate", name=name)


@case("the heart rate server pairs by its passkey, and knows the phone when it is started again", seconds=6)
def sensor_keeps_bonds(scene):
    radio = scene.controller()
    sensor, phone = sensor_on(scene, radio), read(scene)
    passkey = sensor.expect(SHOWN)[1]
    phone.expect(PASSKEY_WANTED)
    phone.say(passkey)
    phone.expect("in hex 01")
    phone.ends(0)
    sensor.expect("identity key \\(IRK\\), from the phone")
    sensor.expect("The bond is stored")
    sensor.interrupt()
    sensor.ends(0)
    (bond,) = scene.bonds(scene.path("sensor"))
    require(bond["method"] == "Passkey Entry" and bond["level"] == 4, f"{bond}")
    sensor, phone = sensor_on(scene, radio), read(scene, name="pair again")
    phone.expect(ENCRYPTED)
    phone.expect("in hex 01")
    phone.ends(0)
    sensor.expect(KNOWN)
    require(not sensor.has_said(SHOWN), "it showed a passkey again")


@case("the heart rate server says what is wrong with its arguments, and where no controller is")
def wrong_arguments(scene):
    for options, words in (((), None), (("--store", "x"), "--store goes with --hci"), (("--name", ""), "a name has 1"),
                           (("--name", "x" * 27), "a name has 1"), (("nonsense",), "nonsense"),
                           (("--bogus",), "bogus")):
        process = example(scene, "heart_rate_server", *options)
        process.ends(2 if words else 0)
        require(words is None or words in process.err, f"{options}: {process.err!r}")
    for where in ("nonsense", "unix:/nonexistent"):
        process = example(scene, "heart_rate_server", "--hci", where)
        process.ends(1)
        require(where in process.err and process.err.count("\n") == 1, f"{where}: {process.err!r}")
    process = example(scene, "heart_rate_server", "--help")
    process.ends(0)
    require("--store" in process.out, process.out)
