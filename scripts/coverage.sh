#!/usr/bin/env bash
# Why: to see which lines of the core no test reaches.  Builds with counters, runs all tests, prints the
# files of src/ and the sum; the pages are in build/coverage/html.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh coverage
find build/coverage -name '*.gcda' -delete
KITH_BRIEF=1 scripts/run_tests.py coverage build/coverage # what is reached, not how often
mkdir -p build/coverage/html
gcovr --root . --filter src/ --object-directory build/coverage --exclude-throw-branches \
    --html-details build/coverage/html/index.html --txt build/coverage/coverage.txt --print-summary \
    >build/coverage/summary.txt
cat build/coverage/coverage.txt
sed -n 's/^\(lines\|branches\): //p' build/coverage/summary.txt | paste -sd' ' | sed 's/^/core: lines and branches run: /'
