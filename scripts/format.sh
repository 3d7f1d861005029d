#!/usr/bin/env bash
# Why: nobody should talk about blanks.  format.sh writes the project's format into every C file;
# format.sh --check changes nothing and fails where a file differs.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian 12's; another version formats a few things differently, so ask for this one where there are several.
formatter=$(command -v clang-format-14 || command -v clang-format) || {
    echo "clang-format is missing: scripts/install.sh test" >&2
    exit 1
}
mapfile -t files < <(find include src ports sim tools examples bench tests -name '*.[ch]' 2>/dev/null | sort)
[ ${#files[@]} -gt 0 ] || exit 0

if [ "${1:-}" = --check ]; then
    wrong=$("$formatter" --dry-run "${files[@]}" 2>&1 | sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: warning:.*/\1/p' | sort -u)
    [ -z "$wrong" ] || {
        echo "$wrong"
        echo "$(wc -l <<<"$wrong") files are not formatted: make format"
        exit 1
    }
    echo "${#files[@]} files are formatted"
else
    "$formatter" -i "${files[@]}"
fi
