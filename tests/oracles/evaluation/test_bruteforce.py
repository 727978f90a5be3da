"""Sets that say the definition, on tiny cases."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.evaluation import overlap


@given(seed=st.integers(0, 999))
def test_ev1_dice_matrix_by_sets(seed):
    rng = np.random.default_rng(seed)
    labels, truth = rng.integers(1, 4, 30), rng.integers(0, 4, 30)
    scores = overlap.dice_matrix(labels, truth, 3, 4)
    for a, b in product((1, 2, 3), (1, 2, 3, 4)):
        one, other = ({i for i in range(30) if names[i] == name} for names, name in ((labels, a), (truth, b)))
        if one or other:
            assert scores[a - 1, b - 1] == pytest.approx(2 * len(one & other) / (len(one) + len(other)))
        else:
            assert np.isnan(scores[a - 1, b - 1])
