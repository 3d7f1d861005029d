#!/usr/bin/env bash
# Why: the examples are what people begin from, so each tells its story on the virtual radio and must come to its end.
set -euo pipefail
cd "$(dirname "$0")/.."

count=0
for example in build/examples/*; do
    [ -x "$example" ] && [ -f "$example" ] || continue
    echo "== ${example##*/}"
    timeout 60 "$example" </dev/null
    count=$((count + 1))
done
[ "$count" -gt 0 ] || {
    echo "no example is built"
    exit 1
}
echo "$count examples told their stories"
