"""Primal–dual reconstruction with total variation [IP10]: steps and short runs."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import operators, primal_dual
from deepmix.reference.inverse.records import Identity
from deepmix.reference.inverse.total_variation import VARIATIONS

from ..case import Case
from . import _problem
from ._problem import SHORT, Arguments, draw


def _example(shapes: Shapes) -> Arguments:
    whole = _problem.example(shapes)
    return {name: whole[name] for name in ("start", "operator", "data", "weights", "strength")}


def _of_unit(shapes: Shapes) -> Arguments:
    given = _example(shapes)
    del given["start"]
    return given | {"size": shapes.array()}


def _state(shapes: Shapes) -> Arguments:
    given = _example(shapes)
    state = shapes.state(primal_dual.begin(**given))
    del given["start"]
    return {"state": state} | given | {"size": shapes.array()}


OPERATIONS = (
    Operation(name="unit", equations=("IP10",), result=("unit",), example=_of_unit),
    Operation(name="begin", equations=("IP10",), result=("state",), notes={"start": "(*image)"}, example=_example),
    Operation(name="step", equations=("IP10",), result=("state",), example=_state),
    Operation(
        name="reconstruct",
        equations=("IP10",),
        result=("solution",),
        form="as_it_is",
        notes={"start": "(*image)"},
        example=_example,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Both variations, with and without weights; x ≥ 0; real and complex."""
    for kind in ("matrix", "fourier"):
        given = draw(f"primal dual {kind}", kind)
        start = operators.adjoint(given.operator, given.data)
        for variation in VARIATIONS:
            posed = {"operator": given.operator, "data": given.data, "strength": 0.3, "variation": variation}
            for name, weights in {"": given.weights, "_unweighted": np.ones(given.data.shape)}.items():
                about = posed | {"weights": weights}
                yield Case(function="begin", name=f"{kind}_{variation}{name}", arguments={"start": start} | about)
                state = primal_dual.begin(start, **about)
                sized = about | {"size": operators.norm(given.operator, start)}
                state = primal_dual.step(state, **sized)
                yield Case(function="step", name=f"{kind}_{variation}{name}", arguments={"state": state} | sized)
            yield Case(function="reconstruct", name=f"{kind}_{variation}", arguments=posed | SHORT)
            weighted = posed | {"weights": given.weights} | SHORT
            yield Case(function="reconstruct", name=f"{kind}_{variation}_weighted", arguments=weighted)
        if kind == "matrix":
            within = {"state": state, "nonnegative": True} | sized
            yield Case(function="step", name="not_negative", arguments=within)
    yield from _edges()


def _edges() -> Iterator[Case]:
    given = draw("primal dual edges")
    posed = {"operator": given.operator, "data": given.data, "strength": 0.3}
    edges: dict[str, Arguments] = {
        "not_negative": {"nonnegative": True} | SHORT,
        "from_a_start": {"start": given.image} | SHORT,
        "converged": {"tol": 1e9},
        "no_step": {"max_iter": 0},
        "nothing_measured": {"data": 0 * given.data, "max_iter": 3},
    }
    sized = posed | {"weights": given.weights, "size": 2.0}
    yield Case(function="unit", name="measured", arguments=sized)
    yield Case(function="unit", name="alike", arguments=sized | {"weights": np.ones(given.data.shape)})
    yield Case(function="unit", name="nothing_measured", arguments=sized | {"data": 0 * given.data})
    for name, change in edges.items():
        yield Case(function="reconstruct", name=name, arguments=posed | change)
    unsampled = _problem.without_all_frequencies("primal dual unsampled") | {"strength": 0.1}
    yield Case(function="reconstruct", name="unsampled_frequencies_are_anything", arguments=unsampled | SHORT)
    yield from _problem.rejections("reconstruct", "primal dual bad", {"strength": 0.3})
    yield from _problem.weight_rejections("reconstruct", "primal dual bad", {"strength": 0.3})
    wave = {"operator": Identity(), "data": np.ones((2, 2), complex), "strength": 1.0, "nonnegative": True}
    yield Case(function="reconstruct", name="rejects_complex_that_is_not_negative", arguments=wave, rejected=True)
    unknown = posed | {"variation": "diagonal"}
    yield Case(function="reconstruct", name="rejects_unknown_variation", arguments=unknown, rejected=True)
