"""CGLS [IP12], [IP4]: its steps and short runs."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import least_squares
from deepmix.reference.inverse.records import Gradient, Identity

from ..case import Case
from . import _problem
from ._problem import SHORT, Arguments, draw


def _example(shapes: Shapes) -> Arguments:
    whole = _problem.example(shapes, regulariser=Identity())
    return {
        name: whole[name] for name in ("start", "operator", "data", "weights", "strength", "regulariser", "prior")
    }


def _state(shapes: Shapes) -> Arguments:
    given = _example(shapes)
    state = shapes.state(least_squares.begin(**given))
    return {"state": state} | {name: given[name] for name in ("operator", "weights", "strength", "regulariser")}


OPERATIONS = (
    Operation(
        name="begin",
        equations=("IP12", "IP4"),
        result=("state",),
        notes={"start": "(*image)", "prior": "(*image)"},
        example=_example,
    ),
    Operation(name="step", equations=("IP12",), result=("state",), example=_state),
    Operation(
        name="reconstruct",
        equations=("IP12", "IP4"),
        result=("solution",),
        form="as_it_is",
        notes={"start": "(*image)", "prior": "(*image)"},
        example=_example,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """With and without weights and a regulariser; real and complex."""
    for kind in ("matrix", "fourier"):
        given = draw(f"cgls {kind}", kind)
        start = 0.1 * given.image + 0 * 1j if kind == "fourier" else 0.1 * given.image
        posed = {"operator": given.operator, "data": given.data, "weights": given.weights, "strength": 0.3}
        for name, change in {"": {}, "_unweighted": {"weights": np.ones(given.data.shape)}}.items():
            arguments = {"start": start} | posed | {"regulariser": Gradient(), "prior": given.image} | change
            yield Case(function="begin", name=f"{kind}{name}", arguments=arguments)
            state = least_squares.begin(**arguments)
            rest = {each: arguments[each] for each in ("operator", "weights", "strength", "regulariser")}
            yield Case(function="step", name=f"{kind}{name}", arguments={"state": state} | rest)
            state = least_squares.step(state, **rest)
            yield Case(function="step", name=f"{kind}{name}_second", arguments={"state": state} | rest)
        yield from _runs(kind, posed, given.image)
    yield from _edges()


def _runs(kind: str, posed: Arguments, image: np.ndarray) -> Iterator[Case]:
    bare = {name: posed[name] for name in ("operator", "data")}
    runs: dict[str, Arguments] = {
        "plain": bare,
        "tikhonov": bare | {"strength": 0.3},
        "weighted": posed,
        "smooth": posed | {"regulariser": Gradient(), "prior": image},
        "from_a_start": bare | {"start": image},
    }
    for name, given in runs.items():
        short = SHORT if kind == "matrix" or name == "smooth" else {"tol": 1e-3, "max_iter": 3}
        yield Case(function="reconstruct", name=f"{kind}_{name}", arguments=given | short)
    yield Case(function="reconstruct", name=f"{kind}_converged", arguments=bare | {"tol": 1e9})


def _edges() -> Iterator[Case]:
    given = draw("cgls edges")
    bare = {"operator": given.operator, "data": given.data}
    nothing = bare | {"data": 0 * given.data}
    yield Case(function="reconstruct", name="nothing_measured", arguments=nothing)
    yield Case(function="reconstruct", name="no_step", arguments=bare | {"max_iter": 0})
    unsampled = _problem.without_all_frequencies("cgls unsampled") | {"strength": 0.2, "tol": 1e-3, "max_iter": 3}
    yield Case(function="reconstruct", name="unsampled_frequencies_are_anything", arguments=unsampled)
    yield from _problem.rejections("reconstruct", "cgls bad", {})
    yield from _problem.weight_rejections("reconstruct", "cgls bad", {})
