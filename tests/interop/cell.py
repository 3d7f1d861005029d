"""A cell: two named parties and a list of checks, run in order.

A check returns what it found, as one line, or raises; what raised is the failure.  After a failed check
marked `needed` the rest is not run and counts as skipped, except for checks of what was captured.
"""

import subprocess
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from process import Processes

PASSED, FAILED, SKIPPED = "passed", "FAILED", "skipped"


class Skip(Exception):
    """This check can't be made on this machine."""


class Mismatch(Exception):
    """Two things that must agree do not."""


@dataclass(frozen=True)
class Check:
    says: str
    run: Callable[["Context"], str]
    needed: bool = False  # nothing after it makes sense without it
    always: bool = False  # looks at what was captured: made even after a stop


@dataclass(frozen=True)
class Cell:
    name: str
    title: str
    checks: tuple[Check, ...]


@dataclass
class Context:
    """What the checks of one cell share."""

    kith: Path
    cache: Path
    directory: Path  # logs and captures of this cell
    sockets: Path  # private, short paths
    processes: Processes
    verbose: bool = False
    started: float = field(default_factory=time.monotonic)
    parties: dict = field(default_factory=dict)
    found: dict = field(default_factory=dict)

    def say(self, line):
        """One line of the story, with its time, into steps.log."""
        line = f"{time.monotonic() - self.started:7.2f}  {line}"
        with open(self.directory / "steps.log", "a", encoding="utf-8") as log:
            print(line, file=log)
        if self.verbose:
            print(line, flush=True)


@dataclass(frozen=True)
class Row:
    cell: str
    check: str
    outcome: str
    seconds: float
    detail: str


def expect_equal(what, found, wanted):
    if found != wanted:
        raise Mismatch(f"{what}: {found!r}, wanted {wanted!r}")


def run_check(check, context):
    """(outcome, detail)."""
    context.say(f"== {check.says}")
    try:
        detail = check.run(context) or ""
        outcome = PASSED
    except Skip as reason:
        outcome, detail = SKIPPED, str(reason)
    except Exception as error:  # whatever it was, it is this check's failure, and the others still count
        context.say(traceback.format_exc())
        outcome, detail = FAILED, f"{type(error).__name__}: {error}"
    context.say(f"{outcome}: {detail}")
    return outcome, detail


def run_cell(cell, context, tell):
    """Runs all checks; tell(row) after each.  Returns the rows."""
    rows = []
    stopped = None
    for check in cell.checks:
        began = time.monotonic()
        if stopped and not check.always:
            outcome, detail = SKIPPED, f"not reached: {stopped}"
        else:
            outcome, detail = run_check(check, context)
            if check.needed and outcome != PASSED and not stopped:
                stopped = check.says
        rows.append(Row(cell.name, check.says, outcome, time.monotonic() - began, detail))
        tell(rows[-1])
    return rows


def output_of(argv, limit_s=60):
    """stdout of a tool that must succeed."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, errors="replace", timeout=limit_s,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Mismatch(f"{argv[0]}: status {done.returncode}: {done.stderr.strip()[-200:]}")
    return done.stdout
