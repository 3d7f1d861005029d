#!/usr/bin/python3
"""Why: a name in a document that no header has any more sends the reader to look for something that is not there.

check_documents.py [ROOT]   names each kith_* and KITH_* in the documents below, each kith/*.h, and each field that a table
                            names behind its first column, that include/ does not have, as file:line; 0 when none
"""
import pathlib
import re
import sys

DOCUMENTS = ("docs/from-peer-manager.md", "docs/policies.md")
NAME = re.compile(r"\b(kith_[a-z0-9_]+|KITH_[A-Z0-9_]+)\b")
QUOTED = re.compile(r"`([^`]*)`")
FIELD = re.compile(r"(?<![\w/])[a-z][a-z0-9_]*\b(?!/|\.[hc]\b)")
NOT_OURS = re.compile(r"(pm|ble|nrf)_\w+|true|false")
HEADER = re.compile(r"\bkith/[a-z0-9_/]+\.h\b")


def names_of(text):
    """Every word that the code of a header has, and those that its tables of X(NAME, ...) make."""
    code = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    found = set(re.findall(r"\b[A-Za-z_][A-Za-z0-9_]*\b", code))
    for prefix, body in re.findall(r"#define (KITH_\w+)_TABLE\(X\)((?:.*\\\n)*.*)", code):
        found.update(f"{prefix}_{name}" for name in re.findall(r"\bX\((\w+)", body))
    return found


def fields_of(line):
    """What a row of a table quotes behind its first column, which has the names of others."""
    cells = line.strip().strip("|").split("|")[1:] if line.startswith("|") else []
    words = [word for cell in cells for quoted in QUOTED.findall(cell) for word in FIELD.findall(quoted)]
    return [word for word in words if not word.startswith("kith") and not NOT_OURS.fullmatch(word)]


def violations(root):
    root = pathlib.Path(root)
    headers = sorted((root / "include").rglob("*.h"))
    known = set().union(*(names_of(header.read_text()) for header in headers)) if headers else set()
    for document in DOCUMENTS:
        for number, line in enumerate((root / document).read_text().splitlines(), 1):
            for name in NAME.findall(line) + fields_of(line):
                if name not in known:
                    yield f"{document}:{number}: no header has {name}"
            for header in HEADER.findall(line):
                if not (root / "include" / header).is_file():
                    yield f"{document}:{number}: there is no {header}"


def main():
    found = list(violations(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent))
    print("\n".join(found) if found else "every name of the API in the documents is in a header")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
