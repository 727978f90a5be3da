"""What bad input gets from the initialisers; every fit is put to the same in tests/fits."""

import warnings

import numpy as np
import pytest

from deepmix.reference.mixtures import gmm, initialization, svgmm
from deepmix.reference.mixtures.records import Mixture
from tests.fits.inputs import BAD, Bad, spoiled

N = 16
START = Mixture(
    proportions=np.array([0.5, 0.5]), means=np.array([[0.0, 0.0], [1.0, 1.0]]), covariances=np.ones((2, 2))
)
SPATIAL = START._replace(proportions=np.full((2, N), 0.5))
INITIALISERS = {
    "random": lambda x, w: initialization.random_responsibilities(x, 2, w),
    "kmeans": lambda x, w: initialization.kmeans(x, 2, w),
    "labels": lambda x, w: initialization.from_labels(x, np.arange(N) % 2, 2, w),
    "means": lambda x, w: initialization.from_means(x, START.means, w),
}
every = pytest.mark.parametrize("function", INITIALISERS.values(), ids=INITIALISERS)


def good() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, N))


@every
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.replace(" ", "_"))
def test_bad_pixels_and_weights(function, bad: Bad):
    with pytest.raises(ValueError, match=bad.expected(2, 2)):
        function(*bad.spoil(good(), np.ones(N)))


@every
def test_nan_inside_is_refused_without_weights_too(function):
    with pytest.raises(ValueError, match="channel 1 has 3 "):
        function(spoiled(good(), [2, 5, 7], np.nan), None)


@every
def test_nan_outside_is_replaced_before_anything_else(function):
    """By the channel's mean over the mask: the very same result."""
    pixels, weights = good(), np.ones(N)
    weights[[3, 8]] = 0
    filled = pixels.copy()
    pixels[0, 3], pixels[1, 8] = np.nan, np.inf
    filled[0, 3], filled[1, 8] = filled[0, weights > 0].mean(), filled[1, weights > 0].mean()
    one, other = function(pixels, weights), function(filled, weights)
    np.testing.assert_allclose(one.means, other.means, rtol=1e-12)
    np.testing.assert_allclose(one.covariances, other.covariances, rtol=1e-12)


@every
def test_a_constant_channel_warns_once_and_the_start_is_made(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(spoiled(good(), slice(None), 0.1), None)
    assert [str(w.message) for w in caught if "is constant" in str(w.message)] == [
        "channel 1 is constant inside the mask and says nothing"
    ]
    assert result is not None


@pytest.mark.parametrize("pixels", [np.zeros(5), np.zeros((1, 5, 5))])
def test_pixels_have_two_axes(pixels):
    for function in (
        lambda x: gmm.fit(x, START),
        lambda x: initialization.kmeans(x, 2),
        lambda x: initialization.from_means(x, START.means),
        lambda x: initialization.from_labels(x, np.zeros(5, int), 2),
    ):
        with pytest.raises(ValueError, match=r"shape"):
            function(pixels)


@pytest.mark.parametrize("kind", ["banana", "Diag", ""])
def test_an_unknown_covariance_type_is_told_the_known_ones(kind):
    with pytest.raises(ValueError, match="one of diag, spherical, tied, full"):
        initialization.kmeans(good(), 2, covariance_type=kind)


def test_n_components_is_positive():
    with pytest.raises(ValueError, match="n_components must be at least 1"):
        initialization.kmeans(good(), 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("proportions", np.ones(3) / 3), ("means", np.zeros((2, 3))), ("covariances", np.ones((2, 2, 2)))],
)
def test_a_start_of_another_shape_is_named_with_both_shapes(name, value):
    for algorithm, start in ((gmm, START), (svgmm, SPATIAL)):
        with pytest.raises(ValueError, match=rf"{name} .*\(.*\).*\(.*\)"):
            algorithm.fit(good(), start._replace(**{name: value}))
    with pytest.raises(ValueError, match="proportions"):
        svgmm.fit(good(), START)


@pytest.mark.parametrize("labels", [np.full(N, 2), np.full(N, -1), np.zeros(N - 1, int), np.zeros(N + 1, int)])
def test_labels_are_as_many_as_the_pixels_and_within_range(labels):
    with pytest.raises(ValueError, match="labels must be 16 integers from 0 to 1"):
        initialization.from_labels(good(), labels, 2)


@pytest.mark.parametrize("means", [np.zeros((2, 3)), np.zeros(2), np.array([[0, np.nan], [1, 1]])])
def test_means_are_finite_and_of_the_shape_of_the_channels(means):
    with pytest.raises(ValueError, match="means must be finite"):
        initialization.from_means(good(), means)


def test_kmeans_makes_at_least_one_round():
    """Without one no pixel has a class: there is no mixture to return."""
    with pytest.raises(ValueError, match="max_iter must be at least 1, got 0"):
        initialization.kmeans(np.arange(9.0)[None], 2, max_iter=0)
