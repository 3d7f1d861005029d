#!/usr/bin/env bash
# Why: `make full`, what is too long for everyday: forty seconds of fuzzing for each target, tshark, clang-tidy, coverage,
# counted instructions, a real Linux.  Together with `make test` it is all that CI runs.
set -uo pipefail
source "$(dirname "$0")/steps.sh"
begin full

need build test full interop cross
built=no
if step build scripts/build.sh dev; then
    built=yes
    beside interop scripts/run_tests.py interop --program tests/interop/run
    step conformance scripts/conformance.py
    step powerloss env KITH_FULL=1 scripts/run_tests.py powerloss build powerloss
    step long env KITH_FULL=1 scripts/run_tests.py long build long
    step captures scripts/check_captures.sh
    step clang-tidy scripts/tidy.sh
    step constant-time scripts/check_constant_time.sh
else
    not_run "the build failed" conformance powerloss long captures clang-tidy constant-time interop
fi
step clang scripts/build.sh clang
step asan scripts/test_build.sh asan conformance scenario powerloss stores # the rest of them is in `make test`
step s390x scripts/test_cross.sh s390x
step i686 scripts/test_cross.sh i686
step release scripts/build.sh release
step small scripts/build.sh size
step coverage scripts/coverage.sh
step bench scripts/bench.sh
step fuzz scripts/fuzz.sh 40
[ $built = no ] || joined interop

finish
