#!/usr/bin/python3
"""Why: a layer is a folder, and layers stay apart only if something looks at every include.

check_layers.py [ROOT]   names each #include that the map below does not allow, as file:line; 0 when none
"""
import os
import pathlib
import re
import sys

# Who may include whom, by path.  A layer may always include itself and the public headers (include/).
MAP = {
    "include": (),
    "src/base": (),
    "src/crypto": ("src/base",),
    "src/hci": ("src/base",),
    "src/l2cap": ("src/base",),
    "src/att": ("src/base",),
    "src/gatt": ("src/base", "src/att", "src/crypto"),
    "src/smp": ("src/base", "src/crypto"),
    "src/store": ("src/base",),
    "src/seal": ("src/base", "src/crypto"),
    "src/peers": ("src/base", "src/crypto", "src/store"),
    "src/services": (),  # ready tables: they see what a program sees
    "src/policy": (),  # listeners: they see what a program sees
    "src/host": ("src",),
    "src/export": ("src",),  # keys in the open: a library of its own
    "ports": (),
    "ports/sim": ("sim/sim.h",),  # hosts on the virtual radio
    "sim": ("src/base", "src/hci", "src/crypto"),
    "tools": ("sim/sim.h",),
    "tools/diagrams": ("src/base", "src/smp"),  # pictures of the tables
    "examples": ("sim/sim.h", "examples/room"),
    "tests/conformance": ("sim/sim.h", "tests/vectors", "tests/rules"),  # the public API and the wire
    "tests/scenario": ("sim/sim.h", "tests/vectors", "tests/rules", "examples"),  # which are tested whole
    "tests/judge": ("sim/sim.h",),
    "tests/powerloss": ("src", "sim", "ports", "tests", "bench/year.h"),  # with hosts as in the scenarios
    "tests/stores": ("src", "sim", "ports", "tests/unit"),  # with hosts as there
    "tests/fuzz": ("src", "sim", "ports", "tools/kith"),  # the command's reader of tables
    "tests/unit": ("src", "sim", "ports", "tests/vectors", "tools/kith"),  # what the command tells of events
    "tests": ("src", "sim", "ports"),
    "bench": ("src", "sim"),
}

# The core, and what is published, need nothing of a system but these; who may be less is free.
ISO_ONLY = ("include", "src")
ISO = {"assert.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_under(path, top):
    return path == top or path.startswith(top + "/")


def layer_of(path):
    """The longest key of the map that the file lies under, or None."""
    return max((key for key in MAP if is_under(path, key)), key=len, default=None)


def meant(root, path, target):
    """The file that an include in quotes names, as the compiler finds it; None when there is none."""
    for folder in (os.path.dirname(path), "include", "src", "."):
        found = os.path.normpath(os.path.join(folder, target))
        if (root / found).is_file():
            return found
    return None


def is_allowed(root, path, layer, bracket, target):
    if bracket == "<":
        return not layer.startswith(ISO_ONLY) or target in ISO
    found = meant(root, path, target)
    if found is None:
        return False
    return layer_of(found) in (layer, "include") or any(is_under(found, may) for may in MAP[layer])


def violations(root):
    root = pathlib.Path(root)
    for top in sorted({key.split("/")[0] for key in MAP}):
        for file in sorted((root / top).rglob("*.[ch]")):
            path = file.relative_to(root).as_posix()
            layer = layer_of(path)
            if layer is None:
                yield f"{path}:1: no layer of the map holds this file"
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                include = INCLUDE.match(line)
                if include and not is_allowed(root, path, layer, *include.groups()):
                    yield f"{path}:{number}: {layer} may not include {include.group(2)}, or there is no such header"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    found = list(violations(root))
    print("\n".join(found) if found else "every include is in the map")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
