"""`kith lint`: what it finds in a table, and nothing where there is nothing."""

import json

from case import case
from scene import *
from test_serve_json import OWN, save, value, written

NOTIFIED = {"properties": ["read", "notify"]}


def lint(scene, table, *options):
    """(exit status, findings)."""
    process = scene.run("lint", "--json", *options, save(scene, table))
    require(process.err == "", process.err)
    objects = [json.loads(line) for line in process.out.splitlines()]
    findings = [o for o in objects if o["event"] == "finding"]
    last = objects[-1]
    require(last["event"] == "lint" and last["errors"] + last["warnings"] == len(findings), f"{last}")
    return process.status(), findings


def finds(scene, rule, status, table, *options):
    ended, findings = lint(scene, table, *options)
    require([f["rule"] for f in findings] == [rule], f"{[f['rule'] for f in findings]}, wanted {rule}")
    require(ended == status, f"ended with {ended}, wanted {status}")
    return findings[0]


@case("lint: notifications weaker than reading are an error, with name, UUID, handle and both permissions", 20, 0.3)
def weak_notify(scene):
    table = written(value(name="pulse", **NOTIFIED, permissions={"read": "encrypted", "notify": "open"}))
    found = finds(scene, "notify-below-read", 1, table)
    require((found["severity"], found["name"], found["uuid"], found["handle"]) == ("error", "pulse", "2a56", "0x0010"),
            f"{found}")
    require(found["permissions"] == "read: encrypted, notify: open", f"{found}")
    plain = scene.run("lint", save(scene, table))
    require(plain.status() == 1, f"ended with {plain.status()}")
    for words in (r"error +notify-below-read +pulse \(2a56\), handle 0x0010 +\[read: encrypted, notify: open\]",
                  "links that may not read it", r"1 error, 0 warnings\."):
        require(re.search(words, plain.out), f"{words!r} is not in {plain.out!r}")


@case("lint: a level is judged by --io; a key size, signed and authorized values are found sound or not", 20, 1)
def levels(scene):
    authenticated = written(value(permissions={"read": "authenticated"}))
    finds(scene, "level-unreachable", 1, authenticated)
    require(lint(scene, authenticated, "--io", "display-only") == (0, []), "a passkey can be shown")
    finds(scene, "key-size-idle", 0, written(value(permissions={"read": "open", "key_size": 16})))
    require(lint(scene, written(value(properties=["signed-write"], permissions={"signed": "bonded"}))) == (0, []),
            "signing is on where the table wants it")
    finds(scene, "signed-unreachable", 1, written(value(properties=["signed-write"],
                                                        permissions={"signed": "authenticated"})))
    finds(scene, "command-unanswered", 1, written(value(properties=["write-without-response"],
                                                        permissions={"write": "encrypted", "authorized": True})))
    require([f["rule"] for f in lint(scene, written(value()), "--level", "authenticated")[1]] == ["pairing-unreachable"],
            "nobody can pair, and it does not say so")


@case("lint: warnings are told with status 0, with --strict with 1", 20, 0.3)
def strict(scene):
    table = written(value(properties=["notify"], permissions={}))
    require(finds(scene, "notify-unstated", 0, table)["severity"] == "warning", "it is no warning")
    finds(scene, "notify-unstated", 1, table, "--strict")
    table = written(value(properties=["write"], permissions={"write": "open"}),
                    value(uuid="2a57", permissions={"read": "encrypted"}))
    finds(scene, "write-open", 0, table)


@case("lint: a secondary service that nobody includes is found, by its UUID and handle", 20, 0.2)
def secondary(scene):
    found = finds(scene, "secondary-alone", 0, {"services": [{"uuid": OWN, "secondary": True}]})
    require((found["uuid"], found["handle"]) == (OWN, "0x000e"), f"{found}")


@case("lint: more values that tell than one client can subscribe to", 20, 0.2)
def many_subscriptions(scene):
    def table(count):
        return written(*(value(**NOTIFIED) for _ in range(count)))
    require(lint(scene, table(31))[1] == [], "31 and Service Changed fit")
    finds(scene, "few-subscriptions", 0, table(32))


@case("lint --example: every example is sound; a device that cannot show a number makes no authenticated heart", 20, 0.5)
def examples(scene):
    for name in ("heart-rate", "battery", "device-information", "all"):
        process = scene.run("lint", "--strict", "--example", name)
        require((process.status(), process.out) == (0, "Nothing was found.\n"), f"{name}: {process.out}{process.err}")
    process = scene.run("lint", "--example", "heart-rate", "--level", "authenticated")
    require(process.status() == 1 and "pairing-unreachable" in process.out, process.out)
    process = scene.run("lint", "--example", "heart-rate", "--level", "authenticated", "--io", "display-only")
    require(process.status() == 0, process.out)


@case("serve FILE tells what lint finds as it begins, and serves all the same", 20, 1)
def told_by_serve(scene):
    scene.controller(terminal=False)
    table = written(value(name="pulse", **NOTIFIED, permissions={"read": "encrypted", "notify": "open"}), name="p")
    server = scene.serve("--json", save(scene, table), terminal=False, stdin="ended")
    found = json.loads(re.search(r'\{"event":"finding"[^\n]*', server.out)[0])
    require((found["rule"], found["name"]) == ("notify-below-read", "pulse"), f"{found}")
    plain = scene.serve("--name", "q", scene.path("table.json"), name="plain", terminal=False, stdin="ended")
    require(re.search(r"Error in the table: pulse \(2a56\), handle 0x0010: The value is told", plain.out), plain.out)
    sound = scene.serve("--example", "all", name="sound", terminal=False, stdin="ended")
    require("Error" not in sound.out and "Warning" not in sound.out, sound.out)


@case("lint: wrong use ends with 2; --help tells every exit status", 20, 0.5)
def wrong_use(scene):
    path = save(scene, written(value()))
    for arguments, words in (((), "which table"), ((path, path), "one argument too many"),
                             ((path, "--example", "all"), "only one"), (("--example", "toaster"), "toaster"),
                             ((path, "--io", "eyes"), "eyes"), ((path, "--level", "5"), "level"),
                             ((path, "--nonsense"), "nonsense")):
        usage_error(scene.run("lint", *arguments), words)
    told = scene.run("lint", "--help")
    require(told.status() == 0 and re.search(r"xit\s+status:\s+0.*1.*2", told.out, re.DOTALL), told.out)


@case("lint: nobody reads what it prints: one sentence, and not the status of a clean table", 20, 0.2)
def closed_output(scene):
    process = scene.run("lint", "--example", "battery", stdout="none")
    one_sentence(process, 2, "nobody reads")
