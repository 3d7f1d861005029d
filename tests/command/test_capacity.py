"""`kith capacity`: how many bonds a flash holds and how long it lives.  That the figures are what the log does is
shown by tests/unit/test_store_capacity.c; here is what people and programs get of them."""

import json

from case import case
from scene import *

ISSUE = ("--sectors", "4", "--sector-size", "4096", "--write", "4", "--bonds", "8", "--state-changes", "200",
         "--reconnects", "50")


def ask(scene, *options):
    told = scene.run("capacity", *options)
    require(told.status() == 0 and told.err == "", f"{options}: {told.status()} {told.err}")
    return told.out


def ask_json(scene, *options):
    lines = ask(scene, "--json", *options).splitlines()
    require(len(lines) == 1, f"{len(lines)} lines")
    return json.loads(lines[0])


@case("capacity tells in a short table and one sentence how many bonds fit and for how many years", 20, 0.1)
def table(scene):
    lines = ask(scene, *ISSUE).splitlines()
    require(max(map(len, lines)) <= 100 and len(lines) <= 14, f"{len(lines)} lines")
    require(re.fullmatch(r"4 sectors of 4096 octets hold up to \d+ bonds; with 8 they live for about \d+ years\.", lines[-1]),
            lines[-1])
    require("72  octets" in lines[0], lines[0])  # docs/bond-format.md


@case("capacity --json tells the same as one object", 20, 0.1)
def as_json(scene):
    told = ask_json(scene, *ISSUE)
    require(told["event"] == "capacity" and told["possible"] and told["kept"] == 8, f"{told}")
    require(told["bond_octets"] == 72 and told["state_octets"] == 36 and told["sectors"] == 4, f"{told}")
    require(told["bonds"] > 100 and 25 < told["years"] < 40, f"{told}")
    require(abs(told["years"] - 10000 / told["erases_per_sector_per_year"]) < 0.2, f"{told}")
    text = ask(scene, *ISSUE)
    require(f"up to {told['bonds']} bonds" in text and str(told["octets_per_year"]) in text, text)


@case("capacity: sizes may be 4K or 4096, and 128K is 131072", 20, 0.1)
def sizes(scene):
    require(ask(scene, "--sector-size", "4K") == ask(scene, "--sector-size", "4096") == ask(scene), "4K is not 4096")
    require(ask_json(scene, "--sector-size", "128k")["sector_size"] == 131072, "128k")


@case("capacity: seals, signing keys, chunks and legacy keys take what docs/bond-format.md says", 20, 0.2)
def octets(scene):
    plain = ask_json(scene, "--write", "1")
    require(plain["bond_octets"] == 70, f"{plain}")
    for options, octets in ((["--sealed"], 70 + 32), (["--csrk"], 70 + 32), (["--legacy"], 13 + 93),
                            (["--sealed", "--csrk", "--legacy"], 13 + 93 + 64)):
        told = ask_json(scene, "--write", "1", *options)
        require(told["bond_octets"] == octets and told["bonds"] < plain["bonds"], f"{options}: {told}")
    told = ask_json(scene, "--write", "1", "--chunk", "100", "--chunks", "3")
    require(told["chunk_octets"] == 113 and told["bonds"] < plain["bonds"], f"{told}")
    require(ask_json(scene, "--state", "0")["state_octets"] == 0, "a state that is not there")


@case("capacity: a gentler use lives longer, a more endurable flash too, and nothing written lives without end", 20, 0.2)
def years(scene):
    base = ask_json(scene, *ISSUE)["years"]
    require(ask_json(scene, *ISSUE, "--state-changes", "20")["years"] > base, "fewer changes")
    require(abs(ask_json(scene, *ISSUE, "--endurance", "100000")["years"] - 10 * base) < 1, "endurance")
    idle = ("--bonds", "8", "--bonds-made", "0", "--bonds-removed", "0")
    require(ask_json(scene, *idle)["years"] is None, "idle")
    require("without end" in ask(scene, *idle), "idle, for people")
    often = (*ISSUE, "--bonds-removed", "3", "--bonds-made", "3")
    require(ask_json(scene, *often, "--no-clear")["years"] < ask_json(scene, *often)["years"], "destroying by erasing")


@case("capacity --bonds N --years Y tells the fewest sectors", 20, 0.2)
def sectors(scene):
    ask_for = ("--bonds", "100", "--state-changes", "500")
    told = ask_json(scene, *ask_for, "--years", "20")
    require(told["bonds"] >= 100 and told["years"] >= 20, f"{told}")
    fewer = scene.run("capacity", *ask_for, "--sectors", str(told["sectors"] - 1), "--json")
    answer = json.loads(fewer.out)
    require(not answer["possible"] or answer["years"] < 20, f"{answer}")
    require(ask(scene, *ask_for, "--years", "20").splitlines()[-1].startswith(f"{told['sectors']} sectors"), "sentence")


@case("capacity: what cannot be is named, on stderr and in JSON, with status 1", 20, 0.5)
def impossible(scene):
    for options, *words in ((("--write", "3"), "1, 2, 4, 8, 16 or 32"), (("--sector-size", "128"), "256 to 131072"),
                            (("--sector-size", "4098"), "multiple"), (("--sectors", "1"), "2 to 65535"),
                            (("--sectors", "65535", "--sector-size", "128K"), "4 GiB"),
                            (("--sector-size", "256", "--write", "32", "--state", "192"), "does not fit"),
                            (("--bonds", "1000"), r"1000 bonds do not fit into 4 sectors of 4096 octets; \d+ do"),
                            (("--bonds", "90000000", "--years", "1"), "no number of sectors"),
                            (("--bonds", "1", "--years", "100000", "--endurance", "1", "--state-changes", "100000"),
                             "lives that long")):
        one_sentence(scene.run("capacity", *options), 1, *words)
        process = scene.run("capacity", "--json", *options)
        told = json.loads(process.out)
        require(process.status() == 1 and not told["possible"] and told["why"] and "years" not in told, f"{told}")


@case("capacity: wrong arguments are wrong use, by name", 20, 0.5)
def wrong_use(scene):
    for options, *words in ((("--sectors", "four"), "--sectors", "'four'"), (("--sector-size", "4Q"), "'4Q'"),
                            (("--sector-size", "-1"), "'-1'"), (("--bonds", "0"), "--bonds"),
                            (("--bonds", "99999999999999999999"), "--bonds"), (("--state-changes", "nan"), "'nan'"),
                            (("--state-changes", "-1"), "'-1'"), (("--reconnects", "1e9"), "--reconnects"),
                            (("--erased", "0x55"), "0xff"), (("--chunks", "2"), "--chunk"),
                            (("--chunk-changes", "2"), "--chunk"), (("--years", "3"), "--bonds"),
                            (("--years", "3", "--bonds", "3", "--sectors", "3"), "--sectors"), (("8",), "'8'")):
        usage_error(scene.run("capacity", *options), *words)


@case("capacity --help shows examples, and each of them works", 20, 0.3)
def examples(scene):
    told = scene.run("capacity", "--help")
    require(told.status() == 0, told.err)
    lines = [line.split()[2:] for line in told.out.splitlines() if line.startswith("  kith capacity ")]
    require(len(lines) >= 3, told.out)
    for line in lines:
        ask(scene, *line)


@case("capacity: nobody reads what it prints", 20, 0.1)
def closed_stdout(scene):
    one_sentence(scene.run("capacity", stdout="none"), 1, "nobody reads what this program prints")
