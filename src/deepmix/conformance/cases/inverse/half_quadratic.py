"""Half-quadratic splitting [IP11]: steps and short runs."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import half_quadratic, operators
from deepmix.reference.inverse.records import L1, Box, Identity, IsotropicVariation, SparsePatches

from ..case import Case
from . import _problem
from ._problem import SHORT, Arguments, draw


def _example(shapes: Shapes) -> Arguments:
    whole = _problem.example(shapes, penalty=L1())
    return {name: whole[name] for name in ("start", "operator", "data", "penalty", "strength")}


def _state(shapes: Shapes) -> Arguments:
    given = _example(shapes)
    state = shapes.state(half_quadratic.begin(**given, coupling=1.0))
    del given["start"]
    return {"state": state} | given


OPERATIONS = (
    Operation(
        name="begin",
        equations=("IP11",),
        result=("state",),
        notes={"start": "(*image)"},
        example=lambda shapes: _example(shapes) | {"coupling": shapes.array()},
    ),
    Operation(name="step", equations=("IP11",), result=("state",), example=_state),
    Operation(
        name="reconstruct",
        equations=("IP11",),
        result=("solution",),
        form="as_it_is",
        notes={"start": "(*image)"},
        example=_example,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """In closed form and with total variation; μ that grows and that does not."""
    for kind in ("matrix", "fourier", "blur"):
        given = draw(f"splitting {kind}", kind)
        start = operators.adjoint(given.operator, given.data)
        posed = {"operator": given.operator, "data": given.data, "strength": 0.3}
        for name, penalty in {"l1": L1(), "isotropic": IsotropicVariation()}.items():
            about = posed | {"penalty": penalty}
            begun: Arguments = {"start": start} | about | {"coupling": 0.8}
            yield Case(function="begin", name=f"{kind}_{name}", arguments=begun)
            state = half_quadratic.begin(**begun)
            yield Case(function="step", name=f"{kind}_{name}", arguments={"state": state} | about)
            if name == "l1" or kind == "matrix":  # total variation in loops within a loop takes long
                yield Case(function="reconstruct", name=f"{kind}_{name}", arguments=about | SHORT)
    given = draw("splitting patches", "fourier")
    patches = SparsePatches(atoms=np.eye(4), sparsity=0.4, n_code_steps=1)
    posed = {"operator": given.operator, "data": given.data, "penalty": patches, "strength": 0.3}
    yield Case(function="reconstruct", name="fourier_patches", arguments=posed | SHORT)
    given = draw("splitting edges")
    posed = {"operator": given.operator, "data": given.data, "penalty": L1(), "strength": 0.3}
    edges: dict[str, Arguments] = {
        "fixed_coupling": {"coupling": 2.0, "growth": 1.0} | SHORT,
        "within_a_box": {"penalty": Box(lower=-0.5, upper=0.5)} | SHORT,
        "from_a_start": {"start": given.image} | SHORT,
        "converged": {"tol": 1e9},
        "no_step": {"max_iter": 0},
        "nothing_measured": {"data": 0 * given.data, "max_iter": 3},
    }
    for name, change in edges.items():
        yield Case(function="reconstruct", name=name, arguments=posed | change)
    yield from _problem.rejections("reconstruct", "splitting bad", {"penalty": L1(), "strength": 0.3})
    wave = {"operator": Identity(), "data": np.ones((2, 2), complex), "penalty": Box(lower=0.0), "strength": 1.0}
    yield Case(function="reconstruct", name="rejects_complex_within_a_box", arguments=wave, rejected=True)
    without = posed | {"coupling": 0.0}
    yield Case(function="reconstruct", name="rejects_coupling_0", arguments=without, rejected=True)
