#!/usr/bin/env bash
# Why: the same tests under another compiler or the sanitizers.  test_build.sh PRESET [LABEL...] builds all and runs it, or
# the tests with one of these labels alone.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
scripts/build.sh "$preset" "${@/%/-tests}"
# A leak or an overflow ends the program, which is then a failed case with its report.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
export KITH_BRIEF=1 # of the power cuts and faults a third: where they lead is looked at twice, not each of them
scripts/run_tests.py "$preset" "build/$preset" "$@"
