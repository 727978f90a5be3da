"""Every solver, a row each: how it is called on a problem."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.reference.inverse.records import L1, Gradient, Matrix


class Solver(NamedTuple):
    """A row.

    name: of the module. variant: tells rows of one module apart. function: that solves. more: its arguments after
    the data. options: by keyword. weighs: whether it takes weights.
    """

    name: str
    variant: str
    more: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    function: str = "reconstruct"
    weighs: bool = True


SOLVERS = (
    Solver(name="least_squares", variant="plain"),
    Solver(name="least_squares", variant="smooth", more=(0.5,), options=(("regulariser", Gradient()),)),
    Solver(name="proximal_gradient", variant="fista", more=(L1(), 0.3)),
    Solver(name="proximal_gradient", variant="ista", more=(L1(), 0.3), options=(("accelerate", False),)),
    Solver(name="primal_dual", variant="isotropic", more=(0.3,)),
    Solver(name="half_quadratic", variant="l1", more=(L1(), 0.3), weighs=False),
    Solver(name="total_variation", variant="isotropic", more=(0.3,), function="denoise", weighs=False),
)


def every_solver(*kinds: str) -> pytest.MarkDecorator:
    """A test of each row; of those that take operators, or weights, if that is said."""
    rows = [
        row
        for row in SOLVERS
        if ("operators" not in kinds or row.function == "reconstruct") and ("weights" not in kinds or row.weighs)
    ]
    return pytest.mark.parametrize("row", rows, ids=[f"{row.name}-{row.variant}" for row in rows])


def solve(backend: Any, row: Solver, operator: Any, data: np.ndarray, **options: Any) -> Any:
    """The solution of a backend."""
    function = getattr(getattr(backend.inverse, row.name), row.function)
    given = (data,) if row.function == "denoise" else (operator, data)
    return function(*given, *row.more, **dict(row.options) | options)


def draw(rng: np.random.Generator, row: Solver, is_complex: bool) -> tuple[Any, np.ndarray]:
    """A matrix and data of 4 × 4 pixels; or an image, of the same shape."""
    operator = Matrix(rows=draw_array(rng, (20, 4, 4), is_complex) / 4)
    return operator, draw_array(rng, (4, 4) if row.function == "denoise" else (20,), is_complex)
