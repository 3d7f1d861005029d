#!/usr/bin/python3
"""Why: "no malloc, no I/O, no clock, no globals" is true only if the linker says so.

check_core.py LIBRARY...   looks with nm at a core library (libkith.a): every symbol it wants from outside
must be in the list below, and no variable may be writable; 0 when all is so
"""
import re
import subprocess
import sys

# What a freestanding compiler may ask for anyway, and assert for our own mistakes (gone with NDEBUG).
MAY_WANT = re.compile(
    r"mem(cpy|cmp|move|set|chr)|strlen|strcmp|strncmp"
    r"|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"
    r"|__u?(div|mod|divmod|mul|ashl|lshr|ashr|bswap|popcount|clz|ctz)[sdt]i[234]?"
    r"|__aeabi_\w+|__gnu_\w+"
)
WRITABLE = re.compile(r"\.(data|bss|tdata|tbss)(\.|$)|\*COM\*")
CONSTANT_AFTER_LINKING = re.compile(r"\.data\.rel\.ro(\.|$)")  # tables of pointers, in position-independent code


def symbols(library):
    """(object, name, class, section) of each symbol."""
    told = subprocess.run(["nm", "--format=sysv", library], check=True, capture_output=True, text=True).stdout
    member = library
    for line in told.splitlines():
        if match := re.match(r"(?:Undefined s|S)ymbols from (.*):", line):
            member = match.group(1)
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[0] != "Name":
            yield member, fields[0], fields[2], fields[6]


def violations(libraries):
    found = [symbol for library in libraries for symbol in symbols(library)]
    own = {name for _, name, kind, _ in found if kind not in "Uwv"}
    if not own:
        yield f"{' '.join(libraries)}: no symbols, so there was nothing to check"
    for member, name, kind, section in found:
        if kind in "Uwv" and name not in own and not MAY_WANT.fullmatch(name):
            yield f"{member}: wants {name} from outside the core"
        if WRITABLE.match(section) and not CONSTANT_AFTER_LINKING.match(section):
            yield f"{member}: {name} is a writable variable ({section})"


def main():
    found = sorted(set(violations(sys.argv[1:])))
    print("\n".join(found) if found else "nothing wanted from a system, no writable variable")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
