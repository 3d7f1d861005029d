#!/usr/bin/env bash
# Why: a test that passes without the defence it is named after proves nothing.  Takes each defence of tests/mutants/table
# away, one at a time and in a copy of the tree (build/mutants), and tells which test notices.
# mutants.sh [ROW...]   all rows, or these
set -uo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/build/mutants
tree=$scratch/tree
passed=0 failed=0 skipped=0

copy_tree() {
    mkdir -p "$tree"
    git ls-files -co --exclude-standard | while read -r file; do
        [ ! -f "$file" ] || cmp -s "$file" "$tree/$file" || install -D "$file" "$tree/$file"
    done
    cmake --compile-no-warning-as-error -S "$tree" -B "$scratch/out" -G Ninja -DKITH_TESTS=ON -DCMAKE_BUILD_TYPE=Debug -Wno-dev >"$scratch/log" 2>&1
}

build() { # TEST...: folder/name each
    cmake --build "$scratch/out" --target "${@//\//-}" --parallel >"$scratch/log" 2>&1
}

# The first test that fails, of those named after the row if there are any.
killer() { # ROW TEST...
    local row=$1 test
    shift
    for test in "$@"; do
        timeout 120 "$scratch/out/tests/$test" 2>&1 </dev/null
        echo "[  FAILED  ] exit$? of $test"
    done | sed -n 's/^\[  FAILED  \] //p' | grep -v '^exit0 ' | awk -v row="${row}_" '
        { if (index($0, row) == 1 && named == "") named = $0; if (first == "") first = $0 }
        END { print named != "" ? named : first }'
}

try() { # ROW WHAT FILE EXPRESSION TEST...
    local row=$1 what=$2 file=$3 expression=$4 by
    shift 4
    sed -i "$expression" "$tree/$file"
    if cmp -s "$file" "$tree/$file"; then
        echo "$row, $what, SKIPPED: the expression changes nothing in $file"
        skipped=$((skipped + 1))
        return
    fi
    if ! build "$@"; then
        echo "$row, $what, SKIPPED: does not compile"
        skipped=$((skipped + 1))
    else
        by=$(killer "$row" "$@")
        echo "$row, $what, ${by:+killed by }${by:-SURVIVED}"
        if [ -n "$by" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    fi
    install "$file" "$tree/$file"
}

trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }

copy_tree || {
    cat "$scratch/log" >&2
    exit 1
}
while IFS= read -r line; do
    [ "${line:0:1}" != '#' ] || continue
    fields=$(sed 's/ | /\x1f/g' <<<"$line")
    IFS=$'\x1f' read -r row what file expression tests <<<"$fields"
    row=$(trim "$row")
    [ $# -eq 0 ] || [[ " $* " == *" $row "* ]] || continue
    read -ra programs <<<"$tests"
    try "$row" "$what" "$file" "$expression" "${programs[@]}"
done <tests/mutants/table
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
