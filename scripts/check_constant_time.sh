#!/usr/bin/env bash
# Why: A26 of docs/attacks.md: a comparison that ends early tells how much of a guess was right.  Counts the instructions
# of one comparison of secrets for every place where two values may differ: they must all be the same.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
first=
for at in $(seq 0 16); do
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=equal_ct build/tests/timing/equal "$at" >"$log" 2>&1
    count=$(sed -n 's/.*Collected : \([0-9]*\)/\1/p' "$log")
    [ "${count:-0}" -gt 16 ] || {
        echo "nothing was counted: is equal_ct still a function of its own?"
        exit 1
    }
    first=${first:-$count}
    [ "$count" = "$first" ] || {
        echo "A26: $count instructions where octet $at differs, $first where octet 0 does"
        exit 1
    }
done
echo "A26: a comparison takes $first instructions, wherever the values differ"
