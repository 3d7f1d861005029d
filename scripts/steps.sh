# Why: one line for a step that is well, everything for one that is not, and a count at the end whatever
# happened.  Sourced by the everyday run and the heavy run: begin NAME, need GROUP...,
# step NAME COMMAND..., beside and joined, finish.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8

# begin NAME: results and logs of this run go to build/results/NAME.
begin() {
    export KITH_RESULTS=$PWD/build/results/$1
    rm -rf "$KITH_RESULTS"
    mkdir -p "$KITH_RESULTS/logs"
}

# step NAME COMMAND...: the last line that the command prints is its one line.  A command that leaves
# results of its own (NAME.tsv) is counted by those, any other as one case.
step() {
    local name=$1 log=$KITH_RESULTS/logs/$1.log own=$KITH_RESULTS/$1.tsv started=$SECONDS outcome=pass
    shift
    "$@" </dev/null >"$log" 2>&1 || outcome=fail
    if [ "$outcome" = pass ]; then
        printf 'ok    %-14s %s (%d s)\n' "$name" "$(tail -n 1 "$log" | cut -c1-200)" $((SECONDS - started))
        [ -s "$own" ] || printf 'pass\tstep\t%s\n' "$name" >"$own"
        return 0
    fi
    printf 'FAIL  %-14s (%d s) %s\n' "$name" $((SECONDS - started)) "$*"
    sed 's/^/      | /' "$log"
    grep -q '^fail' "$own" 2>/dev/null || printf 'fail\tstep\t%s\n' "$name" >>"$own"
    return 1
}

# beside NAME COMMAND...: a step that mostly waits, while others run.  joined NAME: waits for it and prints its line.
declare -A beside_pid=()
beside() {
    step "$@" >"$KITH_RESULTS/logs/$1.line" 2>&1 &
    beside_pid[$1]=$!
    trap 'kill $(jobs -p) 2>/dev/null' EXIT
    trap 'exit 130' INT TERM
}

joined() {
    local outcome=0
    wait "${beside_pid[$1]}" || outcome=1
    cat "$KITH_RESULTS/logs/$1.line"
    return $outcome
}

# not_run WHY NAME...: steps that would only tell of an older build.
not_run() {
    local why=$1 name
    shift
    for name in "$@"; do
        printf 'skip  %-14s %s\n' "$name" "$why"
        printf 'skip\tstep\t%s: %s\n' "$name" "$why" >"$KITH_RESULTS/$name.tsv"
    done
}

# need GROUP...: installs what is missing.  A failure is counted, and the steps then tell what they lack.
need() {
    scripts/install.sh "$@" && return
    printf 'fail\tstep\tinstall\n' >"$KITH_RESULTS/install.tsv"
}

# finish: the sum; not 0 when anything failed.
finish() {
    scripts/sum_results.py "$KITH_RESULTS"
}
