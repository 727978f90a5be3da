"""Vectors: a case with its inputs, what is expected, and the tolerances."""

import inspect
import warnings
import zlib
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference import SPECIFICATION

from . import flat
from .calling import call
from .cases import Case
from .flat import Arrays
from .operation import Operation
from .operations import OPERATIONS
from .ports import REFERENCE, Port
from .rounding import rounding
from .tolerances import COMPLEX, EXACT, SAMPLES, eps_of, tolerance

TOLERANCE = "tolerance/"  # before the name of the output in expected.npz
REJECTED = "rejected"


class Vector(NamedTuple):
    """One case, ready for a port.

    description: case.json. inputs, expected: inputs.npz and expected.npz by name.
    """

    description: dict[str, Any]
    inputs: Arrays
    expected: Arrays

    @property
    def name(self) -> str:
        """function/case."""
        return f"{self.description['function']}/{self.description['case']}"


def defaults(operation: Operation) -> dict[str, Any]:
    """The arguments with a default, so that a case says all of them; not the seed, not what is None or NaN."""
    parameters = inspect.signature(REFERENCE.function(operation.name)).parameters
    known = {name: each.default for name, each in parameters.items() if each.default is not each.empty}
    return {
        name: value for name, value in known.items() if name != "seed" and value is not None and value == value
    }


def make(case: Case, preset: str, dtype: str) -> Vector:
    """The vector of a case: the reference in float64 on inputs rounded to the dtype, with its tolerances."""
    operation = OPERATIONS[case.function]
    arrays, options = flat.flatten(defaults(operation) | case.arguments)
    inputs = {name: _rounded(array, dtype) for name, array in arrays.items()}
    options = options or {}
    exact = {name: _rounded(array, "float64") for name, array in inputs.items()}
    description = {
        "specification": SPECIFICATION,
        "preset": preset,
        "function": case.function,
        "case": case.name,
        "equations": list(operation.equations),
        "dtype": dtype,
        "expects": "rejection" if case.rejected else "outputs",
        "options": options,
        "inputs": _described(inputs),
    }
    if case.rejected:
        outputs = {REJECTED: np.asarray(True)}
        _must_reject(case, exact, options)
        described = _described(outputs)
        described[REJECTED]["tolerance"] = {"rule": EXACT.name}
        return Vector(description=description | {"outputs": described}, inputs=inputs, expected=outputs)

    @cache
    def rounded() -> list[Arrays]:
        """The outputs of the reference with rounding, of inputs rounded likewise."""
        rng = np.random.default_rng(zlib.crc32(f"{case.function}/{case.name}".encode()))
        with rounding(eps_of(dtype), rng) as (port, move):
            return [_evaluate(case, move(exact), move(options), port) for _ in range(SAMPLES)]

    outputs = _evaluate(case, exact, options)
    described, expected = _described(outputs), dict(outputs)
    for name in outputs:
        rule = operation.rules.get(name, operation.rule)
        described[name]["tolerance"], bound = tolerance(rule, name, dtype, exact, outputs, rounded)
        if bound is not None:
            expected[TOLERANCE + name] = bound
    return Vector(description=description | {"outputs": described}, inputs=inputs, expected=expected)


def _evaluate(case: Case, inputs: Arrays, options: dict[str, Any], port: Port = REFERENCE) -> Arrays:
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return flat.leaves(call(port, OPERATIONS[case.function], inputs, options))


def _must_reject(case: Case, inputs: Arrays, options: dict[str, Any]) -> None:
    try:
        _evaluate(case, inputs, options)
    except ValueError:
        return
    raise AssertionError(f"the reference does not reject {case.function}/{case.name}")


def _rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    kinds = {"f": dtype, "c": COMPLEX[dtype]}
    return np.array(array, dtype=kinds.get(array.dtype.kind, array.dtype), order="C")


def _described(arrays: Arrays) -> dict[str, dict[str, Any]]:
    return {name: {"dtype": str(array.dtype), "shape": list(array.shape)} for name, array in arrays.items()}
