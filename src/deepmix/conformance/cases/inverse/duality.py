"""The duality gap of the primal–dual method [IP10]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import operators, primal_dual
from deepmix.reference.inverse.records import Gradient
from deepmix.reference.inverse.total_variation import VARIATIONS

from ..case import Case, generator
from . import _problem
from ._problem import Arguments, draw


def _example(shapes: Shapes) -> Arguments:
    whole = _problem.example(shapes)
    given = {name: whole[name] for name in ("operator", "data", "weights", "strength")}
    state = shapes.state(primal_dual.begin(whole["start"], **given))
    return {"state": state} | given | {"size": shapes.array()}


OPERATIONS = (Operation(name="gap", equations=("IP10",), result=("gap",), example=_example),)


def cases(dtype: str) -> Iterator[Case]:
    """Both variations, real and complex, x ≥ 0, after few steps and many; operators that see no constant."""
    for kind in ("matrix", "fourier"):
        given = draw(f"duality {kind}", kind)
        for variation in VARIATIONS:
            posed = {"operator": given.operator, "data": given.data, "weights": given.weights, "strength": 0.3}
            for steps in (1, 5):
                arguments = _after(
                    steps, given.image + 0 * operators.adjoint(given.operator, given.data), posed, variation
                )
                yield Case(function="gap", name=f"{kind}_{variation}_{steps}", arguments=arguments)
        if kind == "matrix":
            within = _after(5, np.abs(given.image), posed, "isotropic", nonnegative=True)
            yield Case(function="gap", name="not_negative", arguments=within)
    rng = generator("duality of differences")
    blind = {
        "operator": Gradient(),
        "data": draw_array(rng, (2, 3, 4)),
        "weights": np.ones((2, 3, 4)),
        "strength": 0.1,
    }
    for name, options in {"": {}, "_not_negative": {"nonnegative": True}}.items():
        arguments = _after(3, np.abs(draw_array(rng, (3, 4))), blind, "isotropic", **options)
        yield Case(function="gap", name=f"of_no_constant{name}", arguments=arguments)


def _after(steps: int, start: np.ndarray, posed: Arguments, variation: str, **options: bool) -> Arguments:
    """The arguments after so many steps."""
    given = posed | {"variation": variation}
    sized = given | {"size": operators.norm(posed["operator"], start)} | options
    state = primal_dual.begin(start, **given)
    for _ in range(steps):
        state = primal_dual.step(state, **sized)
    return {"state": state} | sized
