"""What came out of the cases: a result each, what is expected or required of them, the verdict, the file."""

import json
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.files.outputs import plain, replaced, versions
from deepmix.reference import SPECIFICATION

from .comparison import Difference
from .operations import OPERATIONS
from .selection import wanted

OUTCOMES = ("pass", "partial", "fail", "missing", "expected failure", "unexpected pass")
BAD = ("fail", "unexpected pass")


class Result(NamedTuple):
    """One case in one dtype.

    outcome: one of `OUTCOMES`; partial: what the port offers of the outputs is right, but it does not offer all.
    worst: the largest error as a multiple of the tolerance. message: what differs first and the equations that it
    is about, or what else is wrong, or why it is missing. differing: each output that differs. absent: the outputs
    that are not offered. remark: what is to be known of it all the same.
    """

    function: str
    case: str
    dtype: str
    outcome: str
    worst: float = 0.0
    message: str = ""
    differing: tuple[Difference, ...] = ()
    absent: tuple[str, ...] = ()
    remark: str = ""

    @property
    def name(self) -> str:
        """function/case."""
        return f"{self.function}/{self.case}"


def require(results: Iterable[Result]) -> Iterator[Result]:
    """What is missing fails, also of a case that is partial, but for functions that a port may do without."""
    for result in results:
        if result.outcome in ("missing", "partial") and not OPERATIONS[result.function].optional:
            message = result.message or f"there is no {', '.join(result.absent)}"
            result = result._replace(outcome="fail", worst=np.inf, message=message)
        yield result


def expect_failures(results: Iterable[Result], patterns: Iterable[str]) -> Iterator[Result]:
    """Failures that a pattern names are expected; cases that pass though a pattern names them are not.

    patterns: function or function/case, with wildcards, and perhaps a space and a dtype. Warns of patterns
    that name no case.
    """
    patterns = tuple(patterns)
    idle = dict.fromkeys(patterns)
    for result in results:
        naming = [each for each in patterns if names(each, result)]
        for each in naming:
            idle.pop(each, None)
        if naming and result.outcome == "fail":
            result = result._replace(outcome="expected failure")
        elif naming and result.outcome in ("pass", "partial"):
            message = f"passes, but {naming[0]!r} expects it to fail; take that line out"
            result = result._replace(outcome="unexpected pass", message=message)
        yield result
    for each in idle:
        warnings.warn(f"the expected failure {each!r} names no case that was run", stacklevel=2)


def names(pattern: str, result: Result) -> bool:
    """Whether a pattern names a case: function or function/case, and perhaps a space and a dtype."""
    case, _, dtype = pattern.partition(" ")
    return wanted(result.function, result.case, [case]) and dtype.strip() in ("", result.dtype)


def read_patterns(path: Path) -> list[str]:
    """The patterns in a file, one a line; what follows # is a remark."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text; it takes one function/case a line") from None
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """How many cases ended how, the one that passes with the largest error, and whether the port conforms."""
    results = list(results)
    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in OUTCOMES}
    passed = [result for result in results if result.outcome in ("pass", "partial")]
    worst = max(passed, key=lambda result: result.worst, default=None)
    run = len(passed) + counts["expected failure"]
    conforms = run > 0 and not any(counts[outcome] for outcome in BAD)
    return {"counts": counts, "worst": worst, "conforms": conforms}


def write_json(path: Path, subject: dict[str, Any], results: Iterable[Result]) -> None:
    """Write all results to a file: whole or not at all; an infinite error is null. subject: what was run."""
    results = list(results)
    named = {name: None if value is None else str(value) for name, value in subject.items()}
    about = named | {"specification": SPECIFICATION, "versions": versions()}
    total = summary(results)
    total["worst"] = total["worst"] and _as_dict(total["worst"])
    content = about | total | {"results": [_as_dict(result) for result in results]}
    text = json.dumps(plain(content), indent=2, allow_nan=False)
    with replaced(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def check_json(path: Path) -> None:
    """Raise ValueError, before the work, if results cannot be written to a path."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ValueError(f"{path} cannot be written: name a file in a folder that exists")


def _as_dict(result: Result) -> dict[str, Any]:
    return result._asdict() | {"differing": [each._asdict() for each in result.differing]}
