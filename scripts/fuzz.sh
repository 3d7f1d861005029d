#!/usr/bin/env bash
# Why: a peer's bytes are an attacker's bytes.  fuzz.sh SECONDS [TARGET...] runs each libFuzzer target that
# long, two at a time, from tests/fuzz/corpus/TARGET where there is one.  Inputs found are kept in
# build/fuzz/corpus, those that break something in build/fuzz/found: run the target with the file to see it again.
set -euo pipefail
cd "$(dirname "$0")/.."

export SECONDS_EACH=${1:?usage: scripts/fuzz.sh SECONDS [TARGET...]} KITH_RESULTS=${KITH_RESULTS:-$PWD/build/results/alone}
shift
scripts/build.sh fuzz
mkdir -p build/fuzz/found "$KITH_RESULTS"
rm -f "$KITH_RESULTS"/fuzz*.tsv

fuzz_one() {
    local target=$1 corpus=build/fuzz/corpus/$1 seeds=tests/fuzz/corpus/$1 log=build/fuzz/$1.log outcome=pass
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    "build/fuzz/tests/fuzz/$target" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$target-" "$corpus" ${seeds:+"$seeds"} >"$log" 2>&1 </dev/null || outcome=fail
    printf '%s\tfuzz\t%s\n' "$outcome" "$target" >"$KITH_RESULTS/fuzz-$target.tsv"
    echo "$outcome $target: $(sed -n 's/^stat::number_of_executed_units: */inputs /p' "$log")"
    [ "$outcome" = pass ] || tail -n 60 "$log"
}
export -f fuzz_one

if [ $# -eq 0 ]; then
    mapfile -t targets < <(find build/fuzz/tests/fuzz -maxdepth 1 -type f -name 'fuzz_*' -executable -printf '%f\n' 2>/dev/null | sort)
    set -- "${targets[@]}"
fi
[ $# -gt 0 ] || {
    echo "There are no fuzz targets."
    exit 1
}
printf '%s\n' "$@" | xargs -P 2 -I{} bash -c 'fuzz_one "$1"' _ {}

cat "$KITH_RESULTS"/fuzz-*.tsv >"$KITH_RESULTS/fuzz.tsv"
rm "$KITH_RESULTS"/fuzz-*.tsv
! grep -q '^fail' "$KITH_RESULTS/fuzz.tsv" || exit 1
echo "$# fuzz targets, $SECONDS_EACH s each, found nothing"
