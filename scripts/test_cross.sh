#!/usr/bin/env bash
# Why: byte order and word length mistakes do not show on a desktop.  test_cross.sh [s390x|i686] builds
# the unit tests for that machine (both, without an argument) and runs them under qemu-user.
set -euo pipefail
cd "$(dirname "$0")/.."

test_on() {
    local machine=$1 arch=$2 build=build/$1
    # Words for people go to stderr, so that the last line on stdout is the count.
    if ! { scripts/sysroot.sh "$arch" &&
        cmake -S . -B "$build" -G Ninja --toolchain "cmake/$machine.cmake" -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" &&
        cmake --build "$build" -j 2 --target unit-tests; } >"$build.log" 2>&1; then
        cat "$build.log" >&2
        echo "The tests for $machine do not build."
        return 1
    fi
    scripts/run_tests.py "$machine" "$build" unit
}

mkdir -p build
case ${1:-both} in
s390x) test_on s390x s390x ;;
i686) test_on i686 i386 ;;
both)
    test_on s390x s390x
    test_on i686 i386
    ;;
*)
    echo "usage: scripts/test_cross.sh [s390x|i686]" >&2
    exit 2
    ;;
esac
