#!/usr/bin/env bash
# Why: whoever runs `make demo` wants the story, not the compiler's.  build.sh PRESET [TARGET...] configures
# and builds, printing one line; everything when it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
mkdir -p build
log=build/build-$preset.log
started=$SECONDS
if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1 </dev/null; then
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)|^-- |^  [A-Z_]+=' "$log" >&2 || true
    echo "The build of '$preset' failed; all of it is in $log." >&2
    exit 1
fi
echo "built $preset in $((SECONDS - started)) s"
