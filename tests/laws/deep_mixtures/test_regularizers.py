"""Laws of the regularisers [R]."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import objectives, regularizers
from deepmix.reference.mixtures import gaussian, hmrf
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from tests import problems
from tests.laws.helpers import check_gradient, close


def drawn(data):
    """Proportions (K, H, W), an image, weights (H, W) and a generator."""
    _, k, h, w = shape = data.draw(problems.deep_mixtures.image_shapes)
    image, weights = data.draw(problems.deep_mixtures.images(shape))
    rng = data.draw(problems.generators)
    proportions = drawing.draw_responsibilities(rng, k, h * w).reshape(k, h, w)
    return proportions, image, weights, rng


def mixture_of(proportions, image, weights, kind="diag") -> Mixture:
    """π, μ, Σ of [G2] with r = Π."""
    r, pixels, w = proportions.reshape(len(proportions), -1), image.reshape(len(image), -1), weights.ravel()
    floor = gaussian.variance_floor(pixels, w)
    start = gaussian.global_mixture(pixels, w, floor, len(r), kind)
    found = gaussian.moments(pixels, r, w, floor, start, kind)
    return Mixture(proportions=r @ w / w.sum(), means=found.means, covariances=found.covariances)


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@given(data=st.data())
def test_r1_gradient(kind, data):
    proportions, image, weights, rng = drawn(data)
    prior = partial(regularizers.mean_prior, means=rng.normal(size=(len(proportions), len(image))))

    def value(at):
        return prior(at, mixture_of(at, image, weights, kind), image, weights)[0]

    _, gradient = prior(proportions, mixture_of(proportions, image, weights, kind), image, weights)
    check_gradient(value, proportions, gradient, rng)


@given(data=st.data())
def test_r2_gradient(data):
    proportions, image, weights, rng = drawn(data)

    def value(at):
        return regularizers.total_variation(at, None, image, weights)[0]

    _, gradient = regularizers.total_variation(proportions, None, image, weights)
    check_gradient(value, proportions, gradient, rng)


@given(data=st.data())
def test_r1_is_the_squared_distance_of_the_means_and_least_at_the_given_ones(data):
    proportions, image, weights, rng = drawn(data)
    mixture = mixture_of(proportions, image, weights)
    offset = rng.normal(size=mixture.means.shape)
    value, gradient = regularizers.mean_prior(proportions, mixture, image, weights, mixture.means + offset)
    close(value, np.linalg.norm(offset) ** 2)
    assert (gradient[:, weights == 0] == 0).all()
    value, gradient = regularizers.mean_prior(proportions, mixture, image, weights, mixture.means)
    assert value == 0
    assert (gradient == 0).all()


def test_r1_a_degenerate_class_passes_no_gradient():
    rng = np.random.default_rng(6)
    image, weights = rng.normal(size=(2, 4, 4)), np.ones((4, 4))
    proportions = np.stack([np.ones((4, 4)), np.zeros((4, 4))])
    mixture = mixture_of(proportions, image, weights)
    _, gradient = regularizers.mean_prior(proportions, mixture, image, weights, np.zeros((2, 2)))
    assert np.isfinite(gradient).all()
    assert (gradient[1] == 0).all()


def test_r2_of_a_step_is_the_length_of_its_border():
    """Two classes, one border of 4 pixels: each class steps by 1 four times, over N = 24 pixels."""
    proportions = np.zeros((2, 4, 6))
    proportions[0, :, :2] = proportions[1, :, 2:] = 1
    image, everywhere = np.zeros((1, 4, 6)), np.ones((4, 6))
    value, gradient = regularizers.total_variation(proportions, None, image, everywhere)
    assert value == pytest.approx(2 * 4 / 24)
    expected = np.zeros((4, 6))
    expected[:, 1], expected[:, 2] = 1 / 24, -1 / 24
    np.testing.assert_allclose(gradient, [expected, -expected])
    mask = everywhere.copy()
    mask[:, 2] = 0  # no neighbour across the border lies inside
    value, gradient = regularizers.total_variation(proportions, None, image, mask)
    assert value == 0
    assert (gradient == 0).all()


@given(data=st.data())
def test_r2_is_0_for_constant_proportions_and_so_is_its_gradient(data):
    proportions, image, weights, _ = drawn(data)
    constant = np.broadcast_to(proportions[:, :1, :1], proportions.shape)
    value, gradient = regularizers.total_variation(constant, None, image, weights)
    assert value == 0
    assert (gradient == 0).all()  # |·|′(0) = 0


@given(data=st.data(), factor=st.floats(0.1, 10))
def test_r2_is_of_degree_one_and_does_not_see_outside_the_mask(data, factor):
    proportions, image, weights, rng = drawn(data)
    value, gradient = regularizers.total_variation(proportions, None, image, weights)
    close((gradient * proportions).sum(), value)  # Euler
    scaled, same = regularizers.total_variation(factor * proportions, None, image, weights)
    close(scaled, factor * value)
    np.testing.assert_array_equal(same, gradient)
    other = np.where(weights > 0, proportions, rng.random(proportions.shape))
    assert regularizers.total_variation(other, None, image, weights)[0] == value
    assert (gradient[:, weights == 0] == 0).all()


@pytest.mark.parametrize("kind", ["entropy", "hidden_markov", "volumes"])
@given(data=st.data())
def test_r3_r4_r5_gradient(kind, data):
    proportions, image, weights, rng = drawn(data)
    k = len(proportions)
    given = {"volumes": rng.dirichlet(np.ones(k))} if kind == "volumes" else {}
    regularizer = partial(getattr(regularizers, kind), **given)

    def value(at):
        return regularizer(at, mixture_of(at, image, weights), image, weights)[0]

    _, gradient = regularizer(proportions, mixture_of(proportions, image, weights), image, weights)
    check_gradient(value, proportions, gradient, rng)
    assert (gradient[:, weights == 0] == 0).all()


@given(data=st.data())
def test_r3_is_0_where_all_are_sure_and_log_k_where_none_is(data):
    proportions, image, weights, rng = drawn(data)
    k = len(proportions)
    value, _ = regularizers.entropy(proportions, None, image, weights)
    assert -1e-12 <= value <= np.log(k) + 1e-12
    sure = np.eye(k)[rng.integers(k, size=weights.shape)].transpose(2, 0, 1)
    value, gradient = regularizers.entropy(sure, None, image, weights)
    assert value == 0
    assert np.isfinite(gradient).all()
    close(regularizers.entropy(np.full_like(proportions, 1 / k), None, image, weights)[0], np.log(k))


@given(data=st.data())
def test_r4_is_0_at_the_given_volumes_and_positive_elsewhere(data):
    proportions, image, weights, rng = drawn(data)
    mixture = mixture_of(proportions, image, weights)
    value, gradient = regularizers.volumes(proportions, mixture, image, weights, mixture.proportions)
    close(value, 0.0)
    close(
        gradient.sum(axis=0) * (weights > 0), -len(proportions) * weights / weights.sum()
    )  # alike for all classes
    assert (
        regularizers.volumes(proportions, mixture, image, weights, rng.dirichlet(np.ones(len(proportions))))[0]
        > -1e-12
    )


def test_r4_no_class_can_vanish_unless_none_of_it_is_wanted():
    proportions = np.stack([np.ones((2, 3)), np.zeros((2, 3))])
    mixture = Mixture(proportions=np.array([1.0, 0.0]), means=None, covariances=None)
    mask = np.array([[1.0, 1, 0], [1, 1, 1]])
    value, gradient = regularizers.volumes(proportions, mixture, None, mask, np.array([0.5, 0.5]))
    assert value == np.inf
    assert (gradient[1, mask > 0] == -np.inf).all()
    assert gradient[1, 0, 2] == 0
    value, gradient = regularizers.volumes(proportions, mixture, None, mask, np.array([1.0, 0.0]))
    assert value == 0
    assert (gradient[1] == 0).all()


@given(data=st.data(), beta=st.floats(0, 3))
def test_r5_with_the_free_energy_is_the_field_of_sv4(data, beta):
    """F [VE1] at π = 1/K plus β R is F [SV4] plus log K."""
    proportions, image, weights, _ = drawn(data)
    mask = (weights > 0).astype(float)
    k, columns, pixels = len(proportions), proportions.reshape(len(proportions), -1), image.reshape(len(image), -1)
    mixture = mixture_of(proportions, image, mask)._replace(proportions=np.full(k, 1 / k))
    energy = objectives.free_energy_of(columns, mixture, pixels, mask.ravel())
    coupling, _ = regularizers.hidden_markov(proportions, mixture, image, mask)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances).reshape(proportions.shape)
    of_pixels = hmrf.free_energy(proportions, densities, mask, beta)
    close(energy + beta * coupling, (mask * of_pixels).sum() / mask.sum() + np.log(k), rtol=1e-9)


@given(data=st.data())
def test_r5_is_least_where_all_pixels_are_sure_of_one_class(data):
    proportions, image, weights, _ = drawn(data)
    one = np.zeros_like(proportions)
    one[0] = 1
    value, _ = regularizers.hidden_markov(proportions, None, image, weights)
    assert regularizers.hidden_markov(one, None, image, weights)[0] <= value + 1e-12


@pytest.mark.parametrize("kind", ["entropy", "hidden_markov", "volumes"])
def test_r3_r4_r5_of_a_volume_of_one_slice_are_those_of_the_slice(kind):
    rng = np.random.default_rng(8)
    proportions, weights = rng.dirichlet(np.ones(3), (4, 5)).transpose(2, 0, 1), rng.random((4, 5))
    mixture = Mixture(proportions=np.array([0.2, 0.3, 0.5]), means=None, covariances=None)
    given = {"volumes": np.array([0.5, 0.25, 0.25])} if kind == "volumes" else {}
    regularizer = partial(getattr(regularizers, kind), **given)
    flat, gradient = regularizer(proportions, mixture, None, weights)
    volume, of_volume = regularizer(proportions[..., None], mixture, None, weights[..., None])
    close(volume, flat)
    close(of_volume[..., 0], gradient)
