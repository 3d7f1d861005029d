"""Wrong arguments: status 2 and what is wrong, before anything is touched."""

from case import case
from scene import *

WRONG = [
    (("nonsense",), "nonsense"),
    ((), "which command"),
    (("pair",), "PEER|[Ww]ho"),
    (("pair", "lamp", "lantern"), "lantern"),
    (("pair", "--nonsense", "lamp"), "nonsense"),
    (("pair", "--level", "5", "lamp"), "level"),
    (("pair", "--level", "strong", "lamp"), "strong"),
    (("pair", "--io", "eyes", "lamp"), "eyes"),
    (("pair", "--timeout", "soon", "lamp"), "soon"),
    (("pair", "--timeout", "-1", "lamp"), "timeout"),
    (("pair", "--read", "state", "lamp"), "state"),
    (("pair", "--hci", "nonsense", "lamp"), "nonsense"),
    (("pair", "--hci", "unix:", "lamp"), "unix:"),
    (("pair", "--hci", "unix:/" + "x" * 120, "lamp"), "x"),
    (("pair", "--hci", "tcp:127.0.0.1", "lamp"), "tcp"),
    (("pair", "--hci", "tcp:127.0.0.1:port", "lamp"), "port"),
    (("pair", "--hci", "tcp:127.0.0.1:99999", "lamp"), "99999"),
    (("pair", "--hci", "uart:", "lamp"), "uart"),
    (("pair", "--hci", "uart:/dev/null,fast", "lamp"), "fast"),
    (("pair", "--hci", "hci", "lamp"), "hci"),
    (("pair", "--insecure-confirm", "--level", "authenticated", "lamp"), "insecure-confirm"),
    (("pair", "--insecure-confirm", "--level", "4", "lamp"), "insecure-confirm"),
    (("serve", "lamp"), "lamp"),
    (("serve", "--window", "-1"), "window"),
    (("serve", "--window", "86401"), "window"),
    (("serve", "--name", "x" * 249), "name"),
    (("serve", "--name", ""), "no name"),
    (("serve", "--insecure-confirm", "--level", "sc-authenticated"), "insecure-confirm"),
    (("serve", "--hci", "nonsense"), "nonsense"),
    (("controller", "air"), "air"),
    (("controller", "--tcp", "8.8.8.8:1234"), "8.8.8.8"),
    (("controller", "--tcp", "0.0.0.0:0"), "0.0.0.0"),
    (("controller", "--tcp", "nonsense"), "nonsense"),
    (("controller", "--tcp", "127.0.0.1:99999"), "99999"),
    (("controller", "--unix", "/" + "x" * 120), "x"),
    (("bonds",), "list, show, forget, check, import or export"),
    (("bonds", "lose"), "lose"),
    (("bonds", "list", "1"), "1"),
    (("bonds", "show"), "whom"),
    (("bonds", "forget"), "whom"),
    (("bonds", "show", "lamp"), "lamp"),
    (("bonds", "show", "0"), "0"),
    (("bonds", "show", "99999999999"), "99999999999"),
    (("bonds", "show", "1", "2"), "2"),
    (("bonds", "list", "--store", "none"), "none"),
    (("matrix", "none"), "none"),
    (("matrix", "--io", "none"), "--peer"),
    (("matrix", "--peer", "none"), "--io"),
    (("matrix", "--io", "eyes", "--peer", "none"), "--io is one of.*eyes"),
    (("matrix", "--io", "none", "--peer", "ears"), "--peer is one of.*ears"),
    (("matrix", "--mitm"), "--mitm"),
    (("matrix", "--level", "3"), "--level"),
    (("matrix", "--oob", "both", "--legacy"), "--oob"),
    (("matrix", "--io", "none", "--peer", "none", "--sc", "--legacy"), "only one"),
    (("matrix", "--io", "none", "--peer", "none", "--level", "1"), "level"),
    (("matrix", "--io", "none", "--peer", "none", "--oob", "some"), "some"),
    (("matrix", "--io", "none", "--peer", "none", "--we", "central"), "central"),
]


def check_wrong_use(arguments, words):
    def run(scene):
        process = scene.run(*arguments, name=" ".join(("kith", *arguments))[:60])
        usage_error(process, words)
        require(process.out == "", f"stdout: {process.out}")
        left = [p for p in scene.folder.rglob("*") if not p.is_dir()]
        require(left == [], f"it made {left}")
    return run


for _arguments, _words in WRONG:
    _said = " ".join(("kith", *_arguments))
    case(f"used wrongly: {_said if len(_said) < 70 else _said[:60] + '...'}", 20, 0.1)(
        check_wrong_use(_arguments, _words))


@case("--help of every command tells its exit status, on stdout, with status 0", 20, 0.5)
def help_of_all(scene):
    for command in ("controller", "serve", "pair", "bonds", "matrix"):
        told = scene.run(command, "--help")
        require(told.status() == 0 and told.err == "", f"{command} --help: {told.status()} {told.err}")
        require(re.search(r"xit\s+status", told.out), f"{command} --help says nothing of exit status")


@case("`kith --help' names every command", 20, 0.1)
def help_names_commands(scene):
    told = scene.run("--help").out
    for command in ("demo", "controller", "serve", "pair", "bonds", "matrix"):
        require(re.search(rf"^ +{command}\b", told, re.MULTILINE), f"{command} is not there")


@case("without HOME and --store: one sentence that says what to do", 20, 0.1)
def no_home(scene):
    for command in (("pair", "lamp"), ("serve",), ("bonds", "list")):
        one_sentence(scene.run(*command, environment={"HOME": None}), 1, "HOME", "--store")
