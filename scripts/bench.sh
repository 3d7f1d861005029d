#!/usr/bin/env bash
# Why: figures that people choose by, each from a command.  Runs every program of bench/ (release build);
# each prints one table.  Those named count_* run under callgrind, which counts instructions, the same on
# every machine: of what runs inside functions named measured_* (which must not be inlined), after that name.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh release
shopt -s nullglob
programs=(build/release/bench/*)
[ ${#programs[@]} -gt 0 ] || {
    echo "There are no benchmarks."
    exit 1
}
for program in "${programs[@]}"; do
    name=$(basename "$program")
    echo "== $name"
    case $name in
    count_*)
        for measured in $(nm "$program" | sed -n 's/.* [tT] \(measured_[a-z0-9_]*\).*/\1/p' | sort -u); do
            valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$measured*" "$program" \
                >"build/bench-$name.log" 2>&1 </dev/null || {
                cat "build/bench-$name.log"
                exit 1
            }
            printf '%-52s %12d instructions\n' "$measured" "$(sed -n 's/.*Collected : \([0-9]*\)/\1/p' "build/bench-$name.log")"
        done
        ;;
    *) "$program" </dev/null ;;
    esac
done
echo "${#programs[@]} benchmarks ran"
