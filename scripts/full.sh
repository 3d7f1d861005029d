#!/usr/bin/env bash
# Why: `make full`, what is too long for everyday: a minute of fuzzing for each target, tshark, clang-tidy, coverage,
# counted instructions, a real Linux.  Together with `make test` it is all that CI runs.
set -uo pipefail
source "$(dirname "$0")/steps.sh"
begin full

need build test full interop
if step build scripts/build.sh dev; then
    step conformance scripts/conformance.py
    step powerloss env KITH_FULL=1 scripts/run_tests.py powerloss build powerloss
    step captures scripts/check_captures.sh
    step clang-tidy scripts/tidy.sh
    step constant-time scripts/check_constant_time.sh
    step interop scripts/run_tests.py interop --program tests/interop/run
else
    not_run "the build failed" conformance powerloss captures clang-tidy constant-time interop
fi
step release scripts/build.sh release
step small scripts/build.sh size
step coverage scripts/coverage.sh
step bench scripts/bench.sh
step fuzz scripts/fuzz.sh 60

finish
