"""info, read, write, subscribe, used wrongly: status 2, and what is wrong by its name."""

from case import case
from scene import *
from test_use import check_wrong_use

WRONG = [
    (("info",), "about whom"),
    (("info", ""), "about whom"),
    (("info", "lamp", "2a00"), "2a00"),
    (("info", "--mtu", "22", "lamp"), "--mtu wants 23"),
    (("info", "--mtu", "518", "lamp"), "518"),
    (("info", "--mtu", "big", "lamp"), "big"),
    (("info", "--timeout", "0", "lamp"), "timeout"),
    (("info", "--hci", "nonsense", "lamp"), "nonsense"),
    (("read",), "whose value"),
    (("read", "lamp"), "which value of 'lamp'"),
    (("read", "lamp", "state"), "'state' is no attribute"),
    (("read", "lamp", "0"), "'0' is no attribute"),
    (("read", "lamp", "0x10000"), "0x10000"),
    (("read", "lamp", "0x"), "'0x' is no attribute"),
    (("read", "lamp", "65536"), "65536"),
    (("read", "lamp", "+16"), r"\+16"),
    (("read", "lamp", "180f/"), "180f/"),
    (("read", "lamp", "/2a19"), "/2a19"),
    (("read", "lamp", "180f/2a19/2902"), "180f/2a19/2902"),
    (("read", "lamp", "180f/0x0010"), "180f/0x0010"),
    (("read", "--raw", "--json", "lamp", "2a00"), "--raw and --json"),
    (("read", "lamp", *["2a00"] * 65), "at most 64"),
    (("write",), "to whom"),
    (("write", "lamp"), "which value of 'lamp'"),
    (("write", "lamp", "2a00"), "what is to be written to 2a00"),
    (("write", "lamp", "2a00", "a", "2a01"), "what is to be written to 2a01"),
    (("write", "lamp", "2a00", "a", "2a01", "b"), "--reliable"),
    (("write", "lamp", "state", "a"), "'state' is no attribute"),
    (("write", "--hex", "lamp", "2a00", "abc"), "--hex"),
    (("write", "--hex", "lamp", "2a00", "zz"), "--hex"),
    (("write", "--hex", "lamp", "2a00", "a b c d"), "--hex"),
    (("write", "lamp", "2a00", "x" * 513), "512 octets"),
    (("write", "--hex", "lamp", "2a00", "00" * 513), "512 octets"),
    (("write", "--file", "nowhere", "lamp", "2a00"), "nowhere cannot be read"),
    (("write", "--file", "nowhere", "lamp", "2a00", "a"), "'a' is one argument too many"),
    (("write", "--command", "--long", "lamp", "2a00", "a"), "only one of --command and --long"),
    (("write", "--signed", "--reliable", "lamp", "2a00", "a"), "only one of"),
    (("subscribe",), "whose values"),
    (("subscribe", "lamp"), "which value of 'lamp'"),
    (("subscribe", "lamp", "bell"), "'bell' is no attribute"),
    (("subscribe", "--count", "0", "lamp", "2a19"), "--count wants 1"),
    (("subscribe", "--count", "few", "lamp", "2a19"), "few"),
    (("subscribe", "--for", "0", "lamp", "2a19"), "--for wants 1"),
    (("subscribe", "--for", "ever", "lamp", "2a19"), "ever"),
    (("subscribe", "--no-write", "--indicate", "lamp", "2a19"), "only one"),
]

for _arguments, _words in WRONG:
    _said = " ".join(("kith", *_arguments))
    case(f"used wrongly: {_said if len(_said) < 70 else _said[:60] + '...'}", 20, 0.1)(
        check_wrong_use(_arguments, _words))


@case("--help of info, read, write and subscribe tells how a peer and a value are named, and the exit status", 20, 0.5)
def help_of_asking(scene):
    for command in ("info", "read", "write", "subscribe"):
        told = scene.run(command, "--help")
        require(told.status() == 0 and told.err == "", f"{command} --help: {told.status()} {told.err}")
        for words in (r"[Ee]xit\s+status: 0 ", r"PEER\s+is\s+a\s+name", "--no-pair", "130"):
            require(re.search(words, told.out), f"{command} --help says nothing of {words}")
        require(command == "info" or "180f/2a19" in told.out, f"{command} --help says not what WHAT is")
    require(all(re.search(rf"^ +{c}\b", scene.run("--help").out, re.MULTILINE) for c in ("info", "read", "write",
                                                                                       "subscribe")), "kith --help")


@case("info, read, write and subscribe without HOME and --store: one sentence that says what to do", 20, 0.2)
def no_home(scene):
    for command in (("info", "lamp"), ("read", "lamp", "2a00"), ("write", "lamp", "2a00", "x"),
                    ("subscribe", "lamp", "2a00")):
        one_sentence(scene.run(*command, environment={"HOME": None}), 1, "HOME", "--store")


@case("whoever looks for somebody who is not there is told who is, by harmless names", 20, 4)
def others_by_name(scene):
    scene.controller()
    lamp = scene.serve("--name", "lamp in the \x1bkitchen")
    require(lamp.has_said("name: lamp in the"), "it does not say under which name it can be found")
    for command in (("info", "--timeout", "2", "kitchen"), ("pair", "--timeout", "2", "kitchen")):
        one_sentence(scene.run(*command), 1, r"'kitchen' was not heard in 2 s, only others were "
                                             r"\('lamp in the \?kitchen'\)")
