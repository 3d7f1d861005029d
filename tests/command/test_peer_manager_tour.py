"""The tour of the peer manager (examples/peer_manager_tour) on a live controller, where a phone of another program comes."""

from case import case
from scene import *


def example(scene, *options):
    program = scene.kith.parent / "examples" / "peer_manager_tour"
    if not program.exists():
        raise Skip("peer_manager_tour is not built")
    return scene.crew.start("tour", [program, *options], environment=scene.environment, folder=scene.folder)


@case("the tour of the peer manager goes on with whoever comes, and Ctrl-C ends it in order", seconds=8)
def on_a_controller(scene):
    radio = scene.controller()
    tour = example(scene, "--hci", f"unix:{radio.listens_at}")
    tour.expect("1. no pairing")
    tour.expect("advertising: on")
    phone = scene.pair("--yes", peer="tour")
    phone.ends(1)
    tour.expect("Pairing Not Supported")
    tour.expect("2. pairing, no bonding")
    tour.interrupt()
    tour.ends(0)


@case("the tour of the peer manager says what is wrong with its arguments, and where no controller is")
def wrong_arguments(scene):
    for options, words in (((), None), (("--store", "x"), "--store goes with --hci"), (("nonsense",), "nonsense"),
                           (("--bogus",), "bogus")):
        process = example(scene, *options)
        process.ends(2 if words else 0)
        require(words is None or words in process.err, f"{options}: {process.err!r}")
    process = example(scene, "--hci", "unix:/nonexistent")
    process.ends(1)
    require("unix:/nonexistent" in process.err, process.err)
    process = example(scene, "--help")
    process.ends(0)
    require("--keep-bonds" in process.out, process.out)
