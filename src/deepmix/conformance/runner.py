"""Vectors against a port, or against files that a port wrote: what passes, what fails, what is missing."""

import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.files.outputs import versions
from deepmix.reference import SPECIFICATION

from . import files, flat, vectors
from .cases import cases
from .operations import OPERATIONS
from .ports import Port, call, one_line
from .tolerances import compare
from .vectors import TOLERANCE, Vector

OUTCOMES = ("pass", "fail", "missing", "expected failure", "unexpected pass")
BAD = ("fail", "unexpected pass")


class Result(NamedTuple):
    """One case in one dtype.

    outcome: one of `OUTCOMES`. worst: the largest error as a multiple of the tolerance.
    message: what differs first and the equations that it is about, or why it is missing.
    """

    function: str
    case: str
    dtype: str
    outcome: str
    worst: float = 0.0
    message: str = ""

    @property
    def name(self) -> str:
        """function/case."""
        return f"{self.function}/{self.case}"


def run(
    port: Port, preset: str = "minimal", dtypes: Iterable[str] | None = None, only: Iterable[str] = ()
) -> Iterator[Result]:
    """Run the cases on a port.

    dtypes: float64, float32; those that the port declares if not given. only: patterns of function or
    function/case. Yields a `Result` a case, in the order of the functions.
    """
    for dtype in dtypes or port.dtypes():
        with port.session(dtype):
            for case in cases(preset, dtype):
                if not wanted(case.function, case.name, only):
                    continue
                try:
                    port.function(case.function)
                except NotImplementedError as error:
                    yield Result(
                        function=case.function, case=case.name, dtype=dtype, outcome="missing", message=str(error)
                    )
                else:
                    yield of_port(port, vectors.make(case, preset, dtype))


def run_vectors(port: Port, folder: Path, only: Iterable[str] = ()) -> Iterator[Result]:
    """Run a port on vectors in files. Raises ValueError for a folder that holds none."""
    found = (vector for _, vector in files.read(folder))
    for dtype, group in groupby(found, key=lambda vector: vector.description["dtype"]):
        with port.session(dtype):
            for vector in group:
                if wanted(vector.description["function"], vector.description["case"], only):
                    yield of_port(port, vector)


def run_outputs(folder: Path, only: Iterable[str] = ()) -> Iterator[Result]:
    """Check the actual.npz files beside the vectors; a case without one is missing."""
    for place, vector in files.read(folder):
        if not wanted(vector.description["function"], vector.description["case"], only):
            continue
        try:
            actual = files.load(place / "actual.npz")
        except FileNotFoundError:
            yield _result(vector, "missing", message="there is no actual.npz")
        except ValueError as error:
            yield _result(vector, "fail", np.inf, str(error))
        else:
            yield judge(vector, actual.__getitem__)


def of_port(port: Port, vector: Vector) -> Result:
    """Call the port's function with the vector's inputs, and judge what it returns."""
    description = vector.description
    operation, options = OPERATIONS[description["function"]], description["options"]
    rejects = description["expects"] == "rejection"
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            returned = call(port, operation, vector.inputs, options)
            if rejects:
                return judge(vector, lambda name: np.asarray(False))
            return judge(vector, lambda name: flat.pick(returned, name))
    except NotImplementedError as error:
        return _result(vector, "missing", message=str(error) or "NotImplementedError")
    except (Exception, SystemExit) as error:  # whatever a port raises is its failure, not ours
        if rejects and isinstance(error, ValueError):
            return judge(vector, lambda name: np.asarray(True))
        return _result(vector, "fail", np.inf, f"raised {one_line(error)}")


def judge(vector: Vector, actual: Callable[[str], np.ndarray]) -> Result:
    """Compare all outputs with what is expected. actual: the output of a name; LookupError if there is none."""
    worst, first = 0.0, ""
    for name in vector.description["outputs"]:
        expected, bound = vector.expected[name], vector.expected.get(TOLERANCE + name)
        try:
            difference = compare(name, np.asarray(actual(name)), expected, bound)
        except LookupError:
            return _result(vector, "fail", np.inf, f"nothing is called {name}")
        worst, first = max(worst, difference.worst), first or difference.message
    if first and vector.description["expects"] == "rejection":
        first = f"must be rejected: {first}"
    elif first:
        first += f" [{', '.join(vector.description['equations'])}]"
    return _result(vector, "fail" if first else "pass", worst, first)


def _result(vector: Vector, outcome: str, worst: float = 0.0, message: str = "") -> Result:
    description = vector.description
    return Result(
        function=description["function"],
        case=description["case"],
        dtype=description["dtype"],
        outcome=outcome,
        worst=worst,
        message=message,
    )


def wanted(function: str, case: str, only: Iterable[str]) -> bool:
    """Whether one of the patterns names the function or the case; no patterns name all."""
    only = tuple(only)
    return not only or any(fnmatchcase(function, each) or fnmatchcase(f"{function}/{case}", each) for each in only)


def nobody(only: Iterable[str]) -> str:
    """What to say where patterns name no function and no case."""
    only = list(only)
    near = [name for each in only for name in get_close_matches(each.partition("/")[0], OPERATIONS, 2, 0.4)]
    hint = f"perhaps {' or '.join(near)}" if near else "FORMAT.md lists the functions"
    return f"nothing is named {', '.join(only)}; {hint}"


def require(results: Iterable[Result]) -> Iterator[Result]:
    """What is missing fails, but for functions that a port may do without."""
    for result in results:
        if result.outcome == "missing" and not OPERATIONS[result.function].optional:
            result = result._replace(outcome="fail", worst=np.inf)
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
        elif naming and result.outcome == "pass":
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
    passed = [result for result in results if result.outcome == "pass"]
    worst = max(passed, key=lambda result: result.worst, default=None)
    run = counts["pass"] + counts["expected failure"]
    conforms = run > 0 and not any(counts[outcome] for outcome in BAD)
    return {"counts": counts, "worst": None if worst is None else worst._asdict(), "conforms": conforms}


def write_json(path: Path, subject: dict[str, Any], results: Iterable[Result]) -> None:
    """Write all results to a file: whole or not at all; an infinite error is null. subject: what was run."""
    results = list(results)
    plain = [result._asdict() | {"worst": _number(result.worst)} for result in results]
    named = {name: None if value is None else str(value) for name, value in subject.items()}
    about = named | {"specification": SPECIFICATION, "versions": versions()} | summary(results)
    text = json.dumps(about | {"results": plain}, indent=2, allow_nan=False)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text + "\n", encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_json(path: Path) -> None:
    """Raise ValueError, before the work, if results cannot be written to a path."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ValueError(f"{path} cannot be written: name a file in a folder that exists")


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
