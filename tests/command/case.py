"""Cases: a sentence, a function, and how long it may take in all."""

from dataclasses import dataclass
from typing import Callable

CASES = []


@dataclass(frozen=True)
class Case:
    says: str
    run: Callable
    limit_s: float
    seconds: float  # about how long it takes: long ones are begun first


def case(says, limit_s=60, seconds=1.0):
    """Registers a test under the sentence that it proves."""
    def register(function):
        CASES.append(Case(says, function, limit_s, seconds))
        return function
    return register
