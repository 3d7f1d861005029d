#!/usr/bin/python3
"""Why: run test programs two at a time, and know every single case in them, not just every program.

run_tests.py RUN BUILD_DIR [LABEL...]   the ctests of a build, all or with one of these labels
run_tests.py RUN --program COMMAND...   one program that prints TAP or cmocka's XML (no lines: its exit code)

RUN names the results file.  A program that crashes, times out, runs no case or fails without naming a
case is one failed case with the program's name.
"""
import concurrent.futures
import json
import os
import subprocess
import sys

import results

TIME_LIMIT_S = 900
PROGRAM_LIMIT_S = 2700  # interop takes minutes alone, and much longer beside others


def tests_of(build, labels):
    """(name, command, time limit) of each ctest."""
    told = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    found = []
    for test in json.loads(told.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        if not labels or set(labels) & set(properties.get("LABELS", [])):
            found.append((test["name"], test.get("command"), properties.get("TIMEOUT", TIME_LIMIT_S)))
    return found


def output_of(command, limit, environment):
    """(exit code, all it printed); a time-out is exit code None."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit, env={**os.environ, **environment})
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace")
    except OSError as error:
        return 127, str(error)


def run(test, bare_exit_code_counts=False):
    """Rows of (outcome, suite, case, why) of one program."""
    suite, command, limit = test
    if command is None:
        return [("fail", suite, "(program)", "not built")]
    code, output = output_of(command, limit, {"CMOCKA_MESSAGE_OUTPUT": "xml"})
    rows = [(outcome, suite, name, why) for outcome, name, why in results.parse(output)]
    told_of_failure = any(row[0] == "fail" for row in rows)
    if code == 0 and not rows and bare_exit_code_counts:
        rows.append(("pass", suite, "(program)", ""))
    elif code == 0 and not rows:
        rows.append(("fail", suite, "(program)", "it ran no test case\n" + output))
    elif code != 0 and not told_of_failure:
        rows.append(("fail", suite, "(program)", what_ended_it(command, limit, code, output)))
    return rows


def what_ended_it(command, limit, code, output):
    """cmocka keeps its XML to itself until the end: ask again, so that the case that crashed is named."""
    if code is None:
        return f"no end after {limit:g} s\n{output[-4000:]}"
    _, again = output_of(command, limit, {"CMOCKA_MESSAGE_OUTPUT": "stdout"})
    return f"ended with code {code}\n{again[-8000:] or output[-8000:]}"


def main():
    name, where, *rest = sys.argv[1:]
    if where == "--program":
        rows = run((name, rest, PROGRAM_LIMIT_S), bare_exit_code_counts=True)
    else:
        tests = tests_of(where, rest)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            rows = [row for one in pool.map(run, tests) for row in one]
        if not rows:
            rows = [("fail", name, "(tests)", f"{where} has no tests {' '.join(rest)}: nothing was run")]
    results.write(name, [(outcome, suite, case) for outcome, suite, case, _ in rows])
    for outcome, suite, case, why in rows:
        if outcome == "fail":
            print(f"FAILED {suite}: {case}\n{why}")
    print(results.summary(row[0] for row in rows))
    return 1 if any(row[0] == "fail" for row in rows) else 0


sys.exit(main())
