#!/usr/bin/env bash
# Why: the pictures in docs are made from the tables that run, so they are made anew when those change.
# diagrams.sh writes them; with --check it says whether they are what it would write.
set -euo pipefail
cd "$(dirname "$0")/.."

made=$(mktemp)
trap 'rm -f "$made"' EXIT
build/diagrams/pairing_states >"$made"
if [ "${1:-}" != --check ]; then
    cp "$made" docs/pairing-states.md
elif ! cmp -s "$made" docs/pairing-states.md; then
    echo "docs/pairing-states.md is not what the tables say: make diagrams"
    exit 1
fi
echo "$(grep -c '^## ' "$made") diagrams are as the tables"
