#!/usr/bin/env bash
# Why: a public header must stand alone, in C and in C++, whatever was included before it.
set -euo pipefail
cd "$(dirname "$0")/.."

count=0
failed=0
for header in $(cd include && find kith -name '*.h' | sort); do
    for language in "c -std=c11" "c++ -std=c++17"; do
        # shellcheck disable=SC2086  # two words on purpose
        echo "#include \"$header\"" |
            clang -x $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude - || {
            echo "$header does not stand alone in ${language%% *}"
            failed=1
        }
    done
    count=$((count + 1))
done
[ $failed = 0 ] && echo "$count public headers stand alone in C and C++"
