"""Regularisers [IP6] and their proximal maps [IP7]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import backward, largest
from deepmix.reference.inverse.records import (
    H1,
    L1,
    AnisotropicVariation,
    Box,
    IsotropicVariation,
    SparsePatches,
    WaveletL1,
)
from deepmix.reference.inverse.wavelets import daubechies

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="value",
        equations=("IP6",),
        result=("value",),
        notes={"image": "(*spatial)"},
        example=lambda shapes: {"penalty": L1(), "image": shapes.mask},
    ),
    Operation(
        name="gradient",
        equations=("IP6",),
        result=("gradient",),
        rule=backward(largest("gradient", 1.0)),  # a sum of unit vectors, which may cancel
        notes={"image": "(*spatial)"},
        example=lambda shapes: {"penalty": L1(), "image": shapes.mask},
    ),
    Operation(
        name="prox",
        equations=("IP7",),
        result=("image",),
        notes={"image": "(*spatial)"},
        example=lambda shapes: {"penalty": L1(), "image": shapes.mask, "step": shapes.array()},
    ),
)
PENALTIES = {
    "l1": L1(),
    "isotropic": IsotropicVariation(),
    "anisotropic": AnisotropicVariation(),
    "isotropic_smooth": IsotropicVariation(eps=0.2),
    "anisotropic_smooth": AnisotropicVariation(eps=0.2),
    "wavelet": WaveletL1(scaling=daubechies(2, 1)),
    "wavelet_two_levels": WaveletL1(scaling=daubechies(1, 2)),
    "patches": SparsePatches(atoms=draw_array(generator("penalties atoms"), (5, 4)), sparsity=0.4, n_code_steps=8),
    "patches_of_orthonormal_atoms": SparsePatches(
        atoms=np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]) / 2,
        sparsity=0.7,
        n_code_steps=1,
    ),
    "h1": H1(),
    "box": Box(lower=-0.5, upper=0.75),
    "not_negative": Box(lower=0.0),
    "at_most": Box(lower=None, upper=0.5),
    "box_of_pixels": Box(lower=np.full((4, 4), -0.5), upper=np.arange(16.0).reshape(4, 4)),
}


def cases(dtype: str) -> Iterator[Case]:
    """Every kind, real and, but for boxes, complex."""
    rng = generator("penalties")
    for name, penalty in PENALTIES.items():
        image = draw_array(rng, (4, 4))
        given = {"penalty": penalty, "image": image}
        yield Case(function="value", name=name, arguments=given)
        yield Case(function="gradient", name=name, arguments=given)
        yield Case(function="prox", name=name, arguments=given | {"step": 0.3, "tol": 1e-12, "max_iter": 8})
        if not isinstance(penalty, Box):
            wave = {"penalty": penalty, "image": draw_array(rng, (4, 4), True)}
            yield Case(function="value", name=f"{name}_complex", arguments=wave)
            yield Case(function="gradient", name=f"{name}_complex", arguments=wave)
            yield Case(function="prox", name=f"{name}_complex", arguments=wave | {"step": 0.3, "max_iter": 8})
    inside = {"penalty": Box(lower=-9.0, upper=9.0), "image": draw_array(rng, (3, 3))}
    yield Case(function="value", name="within_the_box", arguments=inside)
    for name, penalty in {"l1": L1(), "isotropic": IsotropicVariation()}.items():
        flat = {"penalty": penalty, "image": np.zeros((3, 3))}
        yield Case(function="gradient", name=f"{name}_of_nothing", arguments=flat)
