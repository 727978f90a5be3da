"""Both backends: the regularisers and their gradients at Π, through the moments [G2]."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.conformance.drawing import draw_mixture, draw_responsibilities, draw_weights
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from tests.problems import generators
from tests.problems.deep_mixtures import images
from tests.tolerances import GRADIENT, assert_agree, rounded, tolerance

SHAPE = 2, 3, 8, 12  # M, K, H, W


def value_and_gradient(name, kind, proportions, image, weights, floor, previous, means):
    """The twin's regulariser as a function of Π, with JAX's gradient."""

    def value(proportions):
        columns = proportions.reshape(len(proportions), -1)
        pixels = image.reshape(len(image), -1)
        found = accelerated.mixtures.gaussian.moments(pixels, columns, weights.ravel(), floor, previous, kind)
        mixture = Mixture(
            proportions=found.counts / weights.sum(), means=found.means, covariances=found.covariances
        )
        return regularizer(accelerated, name, means)(proportions, mixture, image, weights)

    return jax.value_and_grad(value)(proportions)


def unequal(means):
    """Volumes 1, 4, 9 … to one another: far from the drawn Π, so that the divergence does not cancel."""
    squares = (1 + means[:, 0].argsort().argsort()) ** 2
    return squares / squares.sum()


GIVEN = {  # what a regulariser takes besides, from means (K, M)
    "mean_prior": lambda means: {"means": means},
    "volumes": lambda means: {"volumes": unequal(means)},
}


def regularizer(backend, name, means):
    function = getattr(backend.deep_mixtures.regularizers, name)
    return partial(function, **GIVEN.get(name, lambda means: {})(means))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(rng=generators)
def test_total_variation_of_a_volume(dtype, rng):
    shape, spacing = (3, 4, 3, 2), np.array([1.0, 0.7, 3.0])
    proportions, weights = draw_responsibilities(rng, 3, 24).reshape(shape), draw_weights(rng, shape[1:], "reals")
    low, high = rounded((proportions, weights), dtype)
    twin, own = (backend.deep_mixtures.regularizers.total_variation for backend in (accelerated, reference))
    actual = jax.value_and_grad(lambda p: twin(p, None, None, low[1], spacing))(low[0])
    expected, gradient = own(high[0], None, None, high[1], spacing)
    assert_agree(actual[0], np.float64(expected), tolerance("total_variation", dtype), dtype)
    assert_agree(actual[1], gradient, tolerance("total_variation", dtype, GRADIENT), dtype)


COMPILED = jax.jit(value_and_gradient, static_argnames=("name", "kind"))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", ["mean_prior", "total_variation", "entropy", "volumes", "hidden_markov"])
@given(drawn=images(SHAPE), rng=generators, flat=st.booleans())
def test_regularizer(name, kind, dtype, drawn, rng, flat):
    m, k, h, w = SHAPE
    proportions = draw_responsibilities(rng, k, h * w).reshape(k, h, w)
    if flat:  # steps of exactly 0, where |·|′ = 0
        proportions = np.repeat(proportions[:, :, :1], w, axis=2)
    previous = draw_mixture(rng, m, k, 4.0, 1.0, kind)
    means = rng.normal(size=(k, m))
    low, high = rounded((proportions, *drawn, np.full(m, 1e-6), previous, means), dtype)
    actual, actual_gradient = COMPILED(name, kind, *low)
    proportions, image, weights, floor, previous, means = high
    found = reference.mixtures.gaussian.moments(
        image.reshape(m, -1), proportions.reshape(k, -1), weights.ravel(), floor, previous, kind
    )
    mixture = Mixture(proportions=found.counts / weights.sum(), means=found.means, covariances=found.covariances)
    expected, gradient = regularizer(reference, name, means)(proportions, mixture, image, weights)
    assert_agree(actual, np.float64(expected), tolerance(name, dtype), dtype)
    assert_agree(actual_gradient, gradient, tolerance(name, dtype, GRADIENT), dtype)
