"""Vectors against a port, or against files that a port wrote: what passes, what fails, what is missing."""

import json
import os
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.outputs import versions
from deepmix.reference import SPECIFICATION

from . import flat, vectors
from .cases import cases
from .operations import OPERATIONS
from .ports import Port, call
from .tolerances import compare
from .vectors import REJECTED, TOLERANCE, Vector

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
                if port.find(case.function) is None:
                    yield Result(
                        case.function, case.name, dtype, "missing", message=f"there is no {case.function}"
                    )
                else:
                    yield of_port(port, vectors.make(case, preset, dtype))


def run_vectors(port: Port, folder: Path, only: Iterable[str] = ()) -> Iterator[Result]:
    """Run a port on vectors in files. Raises ValueError for a folder that holds none."""
    for _, vector in vectors.read(folder):
        if wanted(vector.description["function"], vector.description["case"], only):
            with port.session(vector.description["dtype"]):
                yield of_port(port, vector)


def run_outputs(folder: Path, only: Iterable[str] = ()) -> Iterator[Result]:
    """Check the actual.npz files beside the vectors; a case without one is missing."""
    for place, vector in vectors.read(folder):
        if not wanted(vector.description["function"], vector.description["case"], only):
            continue
        try:
            actual = vectors.load(place / "actual.npz")
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
    except Exception as error:  # whatever a port raises is its failure, not ours
        if rejects and isinstance(error, ValueError):
            return judge(vector, lambda name: np.asarray(True))
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return _result(vector, "fail", np.inf, f"raised {said}{_where(error)}")


def _where(error: Exception) -> str:
    """File and line of the last frame that is neither an installed package's nor the kit's."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename
    ]
    own = [frame for frame in frames if Path(frame.filename).parent != Path(__file__).parent]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


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
    if first.startswith(REJECTED):
        first = "was accepted; it must be rejected"
    elif first:
        first += f" [{', '.join(vector.description['equations'])}]"
    return _result(vector, "fail" if first else "pass", worst, first)


def _result(vector: Vector, outcome: str, worst: float = 0.0, message: str = "") -> Result:
    description = vector.description
    return Result(description["function"], description["case"], description["dtype"], outcome, worst, message)


def wanted(function: str, case: str, only: Iterable[str]) -> bool:
    """Whether one of the patterns names the function or the case; no patterns name all."""
    only = tuple(only)
    return not only or any(fnmatchcase(function, each) or fnmatchcase(f"{function}/{case}", each) for each in only)


def nobody(only: Iterable[str]) -> str:
    """What to say where patterns name no case."""
    only = list(only)
    near = [name for each in only for name in get_close_matches(each.partition("/")[0], OPERATIONS, 2, 0.4)]
    hint = f"perhaps {' or '.join(near)}" if near else "FORMAT.md lists the functions"
    return f"no case is named {', '.join(only)}; {hint}"


def require(results: Iterable[Result]) -> Iterator[Result]:
    """What is missing fails, but for functions that a port may do without."""
    for result in results:
        if result.outcome == "missing" and not OPERATIONS[result.function].optional:
            result = result._replace(outcome="fail", worst=np.inf)
        yield result


def expect_failures(results: Iterable[Result], patterns: Iterable[str]) -> Iterator[Result]:
    """Failures that a pattern names are expected; cases that pass though a pattern names them are not.

    patterns: function/case, or with wildcards. Warns of patterns that name no case.
    """
    patterns = tuple(patterns)
    idle = dict.fromkeys(patterns)
    for result in results:
        naming = [each for each in patterns if fnmatchcase(result.name, each)]
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


def read_patterns(path: Path) -> list[str]:
    """The patterns in a file, one a line; what follows # is a remark."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """How many cases ended how, the one that passes with the largest error, and whether the port conforms."""
    results = list(results)
    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in OUTCOMES}
    passed = [result for result in results if result.outcome == "pass"]
    worst = max(passed, key=lambda result: result.worst, default=None)
    conforms = bool(passed) and not any(counts[outcome] for outcome in BAD)
    return {"counts": counts, "worst": None if worst is None else worst._asdict(), "conforms": conforms}


def write_json(path: Path, subject: dict[str, Any], results: Iterable[Result]) -> None:
    """Write all results to a file: whole or not at all; an infinite error is null. subject: what was run."""
    results = list(results)
    plain = [result._asdict() | {"worst": _number(result.worst)} for result in results]
    named = {name: None if value is None else str(value) for name, value in subject.items()}
    about = named | {"specification": SPECIFICATION, "versions": versions()} | summary(results)
    text = json.dumps(about | {"results": plain}, indent=2, allow_nan=False)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
