#!/usr/bin/env bash
# Why: the first program in README.md is what people copy, so it must compile as printed.  Takes the first
# C block out of it, builds it with strict warnings against build/ and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/first-program
mkdir -p "$out"
sed -n '/^```c$/,/^```$/{/^```/!p;/^```$/q}' README.md >"$out/first.c" 2>/dev/null || true
[ -s "$out/first.c" ] || {
    echo "README.md has no C program in it."
    exit 1
}
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -Ibuild/public "$out/first.c" -o "$out/first" \
    -Wl,--start-group build/libkith*.a -Wl,--end-group -lcrypto -lmbedcrypto
timeout 20 "$out/first" </dev/null
echo "README's first program ($(wc -l <"$out/first.c") lines) compiles and runs"
