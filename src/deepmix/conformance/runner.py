"""Vectors against a port, or against files that a port wrote."""

import warnings
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from . import arrays, files, flat, vectors
from .calling import call
from .cases import cases
from .judging import judge, result_of
from .operations import OPERATIONS
from .ports import Port, one_line
from .results import Result
from .selection import wanted
from .vectors import REJECTED, Vector


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
    """Check the actual.npz beside the vectors, or the .npy files in actual; a case without is missing."""
    for place, vector in files.read(folder):
        if not wanted(vector.description["function"], vector.description["case"], only):
            continue
        try:
            actual = arrays.read(place / "actual")
        except FileNotFoundError:
            yield result_of(vector, "missing", message="there is no actual.npz, and no folder actual")
        except ValueError as error:
            yield result_of(vector, "fail", np.inf, str(error))
        else:
            outputs = vector.description["outputs"]
            found = {name: actual.pop(name) for name in outputs if name in actual}
            yield judge(vector, found, actual)


def of_port(port: Port, vector: Vector) -> Result:
    """Call the port's function with the vector's inputs, and judge what it returns."""
    description = vector.description
    operation, options = OPERATIONS[description["function"]], description["options"]
    rejects = description["expects"] == "rejection"
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            returned = call(port, operation, vector.inputs, options)
            if rejects:
                return judge(vector, {REJECTED: np.asarray(False)})
            return judge(vector, *flat.outputs(returned, description["outputs"]))
    except NotImplementedError as error:
        return result_of(vector, "missing", message=str(error) or "NotImplementedError")
    except (Exception, SystemExit) as error:  # whatever a port raises is its failure, not ours
        if rejects and isinstance(error, ValueError):
            return judge(vector, {REJECTED: np.asarray(True)})
        return result_of(vector, "fail", np.inf, f"raised {one_line(error)}")
