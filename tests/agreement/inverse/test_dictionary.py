"""Both backends: dictionaries of patches."""

import numpy as np
import pytest
from hypothesis import given, settings

from deepmix import accelerated, reference
from tests.problems import generators
from tests.tolerances import TRAJECTORY, assert_agree, rounded, tolerance


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=3)
@given(rng=generators)
def test_the_fit_is_that_of_the_reference(dtype, rng):
    low, high = rounded((rng.normal(size=(6, 5)), rng.normal(size=(4, 9))), dtype)
    actual, expected = (
        backend.inverse.dictionary.denoise(*given, 0.5, 0.3, n_code_steps=3, tol=-1.0, max_iter=3)
        for backend, given in ((accelerated, low), (reference, high))
    )
    assert actual.status is expected.status
    for name in ("value", "history", "degenerate", "image", "atoms"):
        found, wanted = getattr(actual, name), getattr(expected, name)
        assert_agree(found, wanted, tolerance("trajectory", dtype, TRAJECTORY), dtype)


def test_bad_input_is_refused_in_the_same_words():
    for image, atoms in ((np.full((4, 4), np.nan), np.eye(4)), (np.zeros((4, 4)), np.eye(5))):
        said = []
        for backend in (reference, accelerated):
            with pytest.raises(ValueError, match=r"16 of 16|no squares") as raised:
                backend.inverse.dictionary.denoise(image, atoms, 1.0, 1.0)
            said.append(str(raised.value))
        assert said[0] == said[1]
