#!/usr/bin/python3
"""Why: cmocka counts per program and ctest counts programs; people want one number over all test cases.

sum_results.py FOLDER...   ends with `N passed, N failed, N skipped`; not 0 when anything failed or nothing ran
"""
import sys

import results


def main():
    worst = results.read(sys.argv[1:])
    for (suite, name), outcome in sorted(worst.items()):
        if outcome == "fail":
            print(f"FAILED {suite}: {name}")
        if outcome == "skip":
            print(f"skipped {suite}: {name}")
    print(results.summary(worst.values()))
    return 1 if "fail" in worst.values() or "pass" not in worst.values() else 0


sys.exit(main())
