"""Operators with images and data."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing_inverse import DRAWN, draw_array, draw_operator
from deepmix.reference.inverse import operators
from tests.problems.drawn import generators

KINDS = tuple(DRAWN)
SHAPES = ((4, 6), (5, 3))  # even and odd


class Measured(NamedTuple):
    """An operator, an image for it, and data that are not those of the image."""

    operator: Any
    image: np.ndarray
    data: np.ndarray


@st.composite
def measured(draw, kind: str, is_complex: bool, shapes: tuple[tuple[int, ...], ...] = SHAPES) -> Measured:
    """An operator of a kind, real or complex, on images of one of the shapes."""
    rng, shape = draw(generators), draw(st.sampled_from(shapes))
    operator, image = draw_operator(rng, kind, shape, is_complex), draw_array(rng, shape, is_complex)
    data = operators.forward(operator, image)
    return Measured(operator=operator, image=image, data=draw_array(rng, data.shape, np.iscomplexobj(data)))


def dense(operator: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The matrix (data, pixels) of an operator, column by column from images that are 1 at one pixel."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.stack([operators.forward(operator, unit).ravel() for unit in units], axis=1)
