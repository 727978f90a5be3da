"""What a port returned, or wrote, for a vector: which outputs are there, which are right."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import numpy as np

from .comparison import Difference, compare
from .flat import Arrays
from .guesses import guess
from .precision import remark
from .results import Result
from .vectors import TOLERANCE, Vector

SHOWN = 5  # names that are no outputs, before the rest is only counted


def judge(vector: Vector, found: Arrays, others: Collection[str] = ()) -> Result:
    """Compare the outputs that are there with what is expected.

    found: those outputs by name. others: the names of what else there is. Where an output is absent, one of them
    may be it, misspelt: that fails. Else what is absent is not offered, and the case is partial, or missing.
    """
    absent = tuple(name for name in vector.description["outputs"] if name not in found)
    if absent and others:
        return result_of(vector, "fail", np.inf, _misnamed(absent, others), absent=absent)
    if not found:
        return result_of(vector, "missing", message="none of its outputs is there", absent=absent)
    compared = [_compared(vector, name, actual) for name, actual in found.items()]
    worst = max(each.worst for each in compared)
    if differing := tuple(each for each in compared if each.message):
        message = _explained(vector, differing[0])
        return result_of(vector, "fail", worst, message, differing=differing, absent=absent)
    outcome = "partial" if absent else "pass"
    return result_of(vector, outcome, worst, absent=absent, remark=remark(vector, found))


def result_of(vector: Vector, outcome: str, worst: float = 0.0, message: str = "", **more: Any) -> Result:
    """A result for a vector. more: other fields."""
    description = vector.description
    return Result(
        function=description["function"],
        case=description["case"],
        dtype=description["dtype"],
        outcome=outcome,
        worst=worst,
        message=message,
        **more,
    )


def _compared(vector: Vector, name: str, actual: np.ndarray) -> Difference:
    expected, bound = vector.expected[name], vector.expected.get(TOLERANCE + name)
    difference = compare(name, actual, expected, bound)
    return difference._replace(guess=guess(actual, expected, bound)) if difference.message else difference


def _misnamed(absent: Collection[str], others: Collection[str]) -> str:
    """The first that is absent, and what there is instead, the likest name first."""
    first = next(iter(absent))
    near = get_close_matches(first, others, len(others), 0.0)
    named = ", ".join(near[:SHOWN]) + (f" and {len(near) - SHOWN} more" if len(near) > SHOWN else "")
    return f"nothing is called {first}; there is {named}, which is no output; rename it or leave it out"


def _explained(vector: Vector, difference: Difference) -> str:
    if vector.description["expects"] == "rejection":
        return f"must be rejected: {difference.message}"
    return f"{difference.told} [{', '.join(vector.description['equations'])}]"
