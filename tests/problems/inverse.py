"""Operators with images and data."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import frozen
from deepmix.conformance.drawing_inverse import DRAWN, draw_array, draw_operator, shapes_of
from deepmix.reference.inverse import operators
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
from tests.problems.drawn import generators

KINDS = tuple(DRAWN)
SHAPES = ((4, 6), (5, 3))  # even and odd


class Measured(NamedTuple):
    """An operator, an image for it, and data that are not those of the image."""

    operator: Any
    image: np.ndarray
    data: np.ndarray


@st.composite
def measured(draw, kind: str, is_complex: bool, sides: tuple[str, ...] = ("even", "odd")) -> Measured:
    """An operator of a kind, real or complex, on images of even or odd sides."""
    rng, shape = draw(generators), shapes_of(kind)[draw(st.sampled_from(sides))]
    operator, image = draw_operator(rng, kind, shape, is_complex), draw_array(rng, shape, is_complex)
    data = operators.forward(operator, image)
    return Measured(operator=operator, image=image, data=draw_array(rng, data.shape, np.iscomplexobj(data)))


def dense(operator: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The matrix (data, pixels) of an operator, column by column from images that are 1 at one pixel."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.stack([operators.forward(operator, unit).ravel() for unit in units], axis=1)


SHAPES_OF_MATRICES = ((5, 4), (4, 4), (3, 5))


@st.composite
def matrices(draw, shape: tuple[int, int] | None = None, deficient: bool | None = None) -> np.ndarray:
    """A matrix, real or complex, whose singular values lie between 1/2 and 3; deficient: some of them are 0."""
    rng = draw(generators)
    shape = draw(st.sampled_from(SHAPES_OF_MATRICES)) if shape is None else shape
    is_complex = draw(st.booleans())
    deficient = draw(st.booleans()) if deficient is None else deficient
    u, _, vh = np.linalg.svd(draw_array(rng, shape, is_complex), full_matrices=False)
    sigma = rng.uniform(0.5, 3, len(vh))
    sigma[1] = 0 if deficient else sigma[1]
    return frozen(u * sigma @ vh)


# Squares of 2 × 2 pixels whose condition number is 2.4, so that fifty steps find their codes to rounding.
ATOMS = frozen(np.array([[1.0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, -1]]) / 2)
PENALTIES = {
    "L1": L1(),
    "IsotropicVariation": IsotropicVariation(),
    "AnisotropicVariation": AnisotropicVariation(),
    "WaveletL1": WaveletL1(scaling=frozen(daubechies(2, 1))),
    "SparsePatches": SparsePatches(atoms=ATOMS, sparsity=0.3, n_code_steps=50),
    "H1": H1(),
    "Box": Box(lower=-4.0, upper=4.0),
}
