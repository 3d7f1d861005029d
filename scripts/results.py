"""Why: one form in which every script tells its results, so that they can be added up.

A results file is lines of `pass|fail|skip TAB suite TAB name`; a folder of them is one run.  The same
case run in several builds (gcc, sanitizers, s390x, ...) counts once, with its worst outcome.
"""
import os
import pathlib
import re

ORDER = ("skip", "pass", "fail")  # worst last; skipped here but passed there is passed


def folder():
    """Where results go: $KITH_RESULTS, which the step runner sets, else a folder of their own."""
    return pathlib.Path(os.environ.get("KITH_RESULTS", "build/results/alone"))


def write(run, rows):
    """Replaces the results of one run by rows of (outcome, suite, name)."""
    folder().mkdir(parents=True, exist_ok=True)
    text = "".join(f"{outcome}\t{suite}\t{' '.join(name.split())}\n" for outcome, suite, name in rows)
    (folder() / f"{run}.tsv").write_text(text)


def read(folders):
    """{(suite, name): outcome} of all results files in these folders."""
    worst = {}
    for path in sorted(p for one in folders for p in pathlib.Path(one).glob("*.tsv")):
        for line in path.read_text().splitlines():
            outcome, suite, name = line.split("\t", 2)
            known = worst.get((suite, name), "skip")
            worst[(suite, name)] = max(known, outcome, key=ORDER.index)
    return worst


def summary(outcomes):
    """The line `N passed, N failed, N skipped`."""
    outcomes = list(outcomes)
    return "{} passed, {} failed, {} skipped".format(*(outcomes.count(o) for o in ("pass", "fail", "skip")))


GROUP = re.compile(r'<testsuite name="([^\n]*?)" time=')
CASE = re.compile(r'<testcase name="([^\n]*)" time="[^"\n]*" *>(.*?)</testcase>', re.DOTALL)
TAP = re.compile(r"^(ok|not ok)\b *\d* *-? *(.*)$", re.MULTILINE)
ROW = re.compile(r"^ +(passed|FAILED|skipped) {2,}(.+?) +\d+\.\d s\b *(.*)$", re.MULTILINE)  # tests/interop/run
ROW_OUTCOME = {"passed": "pass", "FAILED": "fail", "skipped": "skip"}
PLAN = re.compile(r"^1\.\.(\d+)", re.MULTILINE)


def parse(output):
    """Rows of (outcome, name, why) from what a program printed: cmocka's XML, interop's table, else TAP."""
    if "<testcase " in output:
        return cases_of_xml(output)
    if told := ROW.findall(output):
        return [(ROW_OUTCOME[word], name, why) for word, name, why in told]
    rows = [outcome_of_tap(word, rest) for word, rest in TAP.findall(output)]
    plan = PLAN.search(output)
    if plan and int(plan.group(1)) != len(rows):
        rows.append(("fail", "the whole plan is run", f"planned {plan.group(1)}, told of {len(rows)}"))
    return rows


def cases_of_xml(output):
    """A case that runs in several groups (one for each crypto backend, say) is named with its group."""
    _, *parts = GROUP.split(output)
    found = [(group, name, body) for group, part in zip(parts[::2], parts[1::2]) for name, body in CASE.findall(part)]
    names = [name for _, name, _ in found]
    rows = []
    for group, name, body in found:
        label = name if names.count(name) == 1 else f"{name} [{group}]"
        again = sum(row[1].startswith(label) for row in rows)
        rows.append((outcome_of_xml(body), f"{label} ({again + 1})" if again and label != name else label,
                     failure_text(body)))
    return rows


def outcome_of_xml(body):
    if "<failure>" in body or "<error>" in body:
        return "fail"
    return "skip" if "<skipped/>" in body else "pass"


def failure_text(body):
    return "\n".join(re.findall(r"<!\[CDATA\[(.*?)\]\]>", body, re.DOTALL))


def outcome_of_tap(word, rest):
    """A skip is `# SKIP`, also after `not ok`: cmocka writes it so."""
    name, _, directive = rest.partition(" # ")
    if directive.lower().startswith("skip"):
        return ("skip", name.strip(), directive)
    return ("pass" if word == "ok" else "fail", name.strip(), "")
