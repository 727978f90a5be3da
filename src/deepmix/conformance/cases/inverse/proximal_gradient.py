"""The proximal gradient method and FISTA [IP8]: steps and short runs."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.examples import Shapes
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import proximal_gradient
from deepmix.reference.inverse.records import (
    H1,
    L1,
    Box,
    Identity,
    IsotropicVariation,
    Matrix,
    SparsePatches,
    WaveletL1,
)
from deepmix.reference.inverse.wavelets import daubechies

from ..case import Case, generator
from . import _problem
from ._problem import SHORT, Arguments, draw


def _example(shapes: Shapes) -> Arguments:
    whole = _problem.example(shapes, penalty=L1())
    return {name: whole[name] for name in ("start", "operator", "data", "weights", "penalty", "strength")}


def _state(shapes: Shapes) -> Arguments:
    given = _example(shapes)
    state = shapes.state(proximal_gradient.begin(**given, lipschitz=1.0))
    del given["start"]
    return {"state": state} | given


OPERATIONS = (
    Operation(
        name="begin",
        equations=("IP8",),
        result=("state",),
        notes={"start": "(*image)"},
        example=lambda shapes: _example(shapes) | {"lipschitz": shapes.array()},
    ),
    Operation(name="step", equations=("IP8",), result=("state",), example=_state),
    Operation(
        name="curvature",
        equations=("IP8",),
        result=("lipschitz",),
        notes={"image": "(only the shape counts)"},
        example=lambda shapes: {
            "operator": _example(shapes)["operator"],
            "weights": shapes.mask,
            "image": _example(shapes)["start"],
        },
    ),
    Operation(
        name="reconstruct",
        equations=("IP8",),
        result=("solution",),
        form="as_it_is",
        notes={"start": "(*image)"},
        example=_example,
    ),
)
PENALTIES = {
    "l1": L1(),
    "isotropic": IsotropicVariation(),
    "wavelet": WaveletL1(scaling=daubechies(1, 1)),
    "patches": SparsePatches(atoms=draw_array(generator("fista atoms"), (3, 4)), sparsity=0.4, n_code_steps=8),
    "h1": H1(),
    "box": Box(lower=-0.5, upper=0.5),
}


def cases(dtype: str) -> Iterator[Case]:
    """Every penalty, with momentum and without; a step that is too long; real and complex."""
    given = draw("fista")
    posed = {"operator": given.operator, "data": given.data, "weights": given.weights}
    bound = proximal_gradient.curvature(given.operator, given.weights, given.image)
    for name, change in {"": {}, "_unweighted": {"weights": np.ones(given.data.shape)}}.items():
        about = posed | change | {"penalty": L1(), "strength": 0.4}
        begun = {"start": 0.1 * given.image} | about | {"lipschitz": bound}
        yield Case(function="begin", name=f"l1{name}", arguments=begun)
        state = proximal_gradient.begin(**begun)
        yield Case(function="step", name=f"first{name}", arguments={"state": state} | about)
        later = proximal_gradient.step(proximal_gradient.step(state, **about), **about)
        yield Case(function="step", name=f"later{name}", arguments={"state": later} | about)
        yield Case(function="step", name=f"plain{name}", arguments={"state": later, "accelerate": False} | about)
        low = proximal_gradient.begin(**begun | {"lipschitz": bound / 50})
        yield Case(function="step", name=f"too_long{name}", arguments={"state": low} | about)
        risen = later._replace(value=0.5 * later.value)
        yield Case(function="step", name=f"restart{name}", arguments={"state": risen} | about)
        curved = {"operator": given.operator, "weights": about["weights"], "image": given.image}
        yield Case(function="curvature", name=f"matrix{name}", arguments=curved)
    nothing = {"operator": Matrix(rows=np.zeros((2, 3))), "weights": np.ones(2), "image": np.zeros(3)}
    yield Case(function="curvature", name="nothing", arguments=nothing)
    yield from _runs()


def _runs() -> Iterator[Case]:
    for name, penalty in PENALTIES.items():
        given = draw("fista wavelet", "blur") if name == "wavelet" else draw(f"fista {name}")
        posed = {"operator": given.operator, "data": given.data, "penalty": penalty, "strength": 0.4}
        yield Case(function="reconstruct", name=name, arguments=posed | SHORT)
        plain = {"accelerate": False, "weights": given.weights}
        yield Case(function="reconstruct", name=f"{name}_plain_weighted", arguments=posed | plain | SHORT)
    given = draw("fista edges")
    posed = {"operator": given.operator, "data": given.data, "penalty": L1(), "strength": 0.4}
    edges: dict[str, Arguments] = {
        "from_a_start": {"start": given.image} | SHORT,
        "converged": {"tol": 1e9},
        "no_step": {"max_iter": 0},
        "nothing_measured": {"data": 0 * given.data} | SHORT,
    }
    for name, change in edges.items():
        yield Case(function="reconstruct", name=name, arguments=posed | change)
    unsampled = _problem.without_all_frequencies("fista unsampled") | {"penalty": L1(), "strength": 0.1}
    yield Case(function="reconstruct", name="unsampled_frequencies_are_anything", arguments=unsampled | SHORT)
    yield from _problem.rejections("reconstruct", "fista bad", {"penalty": L1(), "strength": 0.4})
    yield from _problem.weight_rejections("reconstruct", "fista bad", {"penalty": L1(), "strength": 0.4})
    outside = posed | {"penalty": Box(lower=0.0), "start": -np.ones((2, 3))}
    yield Case(function="reconstruct", name="rejects_start_outside_of_the_box", arguments=outside, rejected=True)
    patches = SparsePatches(atoms=np.eye(4), sparsity=0.4)
    unfit = {
        "atoms_that_are_no_squares": patches._replace(atoms=np.ones((2, 6))),
        "atoms_larger_than_the_image": patches._replace(atoms=np.eye(9)),
        "complex_atoms_for_real_images": patches._replace(atoms=1j * np.eye(4)),
        "sparsity_0": patches._replace(sparsity=0.0),
    }
    for name, penalty in unfit.items():
        changed = posed | {"penalty": penalty}
        yield Case(function="reconstruct", name=f"rejects_{name}", arguments=changed, rejected=True)
    wave = {"operator": Identity(), "data": 1j * given.data, "penalty": Box(lower=0.0), "strength": 1.0}
    yield Case(function="reconstruct", name="rejects_complex_within_a_box", arguments=wave, rejected=True)
