"""The softmax against SciPy."""

from hypothesis import given
from scipy.special import softmax

from deepmix.reference.networks import layers
from tests import problems
from tests.laws.helpers import close


@given(rng=problems.generators)
def test_u4_softmax(rng):
    logits = rng.normal(0, 10, (3, 4, 5))
    close(layers.softmax(logits)[0], softmax(logits, axis=0))
