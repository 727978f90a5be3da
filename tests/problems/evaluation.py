"""Masks."""

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import frozen
from tests.problems.drawn import generators


@st.composite
def masks(draw) -> np.ndarray:
    """A bool mask of an image or a volume; now and then all or nothing."""
    shape = draw(st.sampled_from(((6, 7), (1, 9), (3, 4, 5))))
    return frozen(draw(generators).random(shape) < draw(st.sampled_from((0.0, 0.3, 0.9, 1.0))))
