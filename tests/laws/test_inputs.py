"""What bad input gets, row by row of the table, from every function that checks."""

import warnings

import numpy as np
import pytest

from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.mixtures import gmm, initialization, svgmm
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig

N = 16
CONFIG = UNetConfig(1, 2)
NET = unet_parameters(2, 2, CONFIG)
START = Mixture(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones((2, 2)))
SPATIAL = START._replace(proportions=np.full((2, N), 0.5))


def good() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, N))


def image_of(pixels):
    """(M, N) as an image of 4 rows, where N allows one."""
    return pixels.reshape(*pixels.shape[:-1], 4, -1)


FUNCTIONS = {
    "gmm": lambda x, w: gmm.fit(x, START, w),
    "svgmm": lambda x, w: svgmm.fit(x, SPATIAL, w),
    "random": lambda x, w: initialization.random_responsibilities(x, 2, w),
    "kmeans": lambda x, w: initialization.kmeans(x, 2, w),
    "labels": lambda x, w: initialization.from_labels(x, np.arange(N) % 2, 2, w),
    "means": lambda x, w: initialization.from_means(x, START.means, w),
    "deep": lambda x, w: one_image.fit(
        image_of(x), NET, None if w is None else image_of(w), model=DeepModel(unet=CONFIG)
    ),
    "warm": lambda x, w: one_image.warm_start(
        image_of(x), NET, np.full((2, 4, 4), 0.5), None if w is None else image_of(w), n_steps=1, config=CONFIG
    ),
}
every = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_or_infinity_inside_names_the_channel_and_the_count(function, bad):
    pixels, weights = good(), np.ones(N)
    pixels[1, [2, 5, 7]] = bad
    with pytest.raises(ValueError, match="channel 1 has 3 "):
        function(pixels, None)
    weights[5] = 0
    with pytest.raises(ValueError, match="channel 1 has 2 "):
        function(pixels, weights)


@every
def test_nan_outside_is_replaced_before_anything_else(function):
    """By the channel's mean over the mask: the very same result, also where the network sees it."""
    pixels, weights = good(), np.ones(N)
    weights[[3, 8]] = 0
    filled = pixels.copy()
    pixels[0, 3], pixels[1, 8] = np.nan, np.inf
    filled[0, 3], filled[1, 8] = filled[0, weights > 0].mean(), filled[1, weights > 0].mean()
    one, other = function(pixels, weights), function(filled, weights)
    if isinstance(one, dict):
        np.testing.assert_allclose(one["head"]["kernel"], other["head"]["kernel"], rtol=1e-12)
    else:
        mixtures = (one, other) if isinstance(one, Mixture) else (one.mixture, other.mixture)
        np.testing.assert_allclose(mixtures[0].means, mixtures[1].means, rtol=1e-12)
        np.testing.assert_allclose(mixtures[0].covariances, mixtures[1].covariances, rtol=1e-12)


@every
def test_fewer_pixels_than_classes_in_the_words_of_scikit_learn(function):
    weights = np.zeros(N)
    weights[4] = 3.0  # one pixel of weight 3 is one pixel
    with pytest.raises(
        ValueError, match=r"Expected n_samples >= n_components but got n_components = 2, n_samples = 1"
    ):
        function(good(), weights)


@every
def test_empty_mask(function):
    with pytest.raises(ValueError, match="mask is empty"):
        function(good(), np.zeros(N))


@every
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(function, bad):
    weights = np.ones(N)
    weights[0] = bad
    with pytest.raises(ValueError, match="weights must be finite and not negative"):
        function(good(), weights)


@every
def test_shapes_that_do_not_match_are_both_named(function):
    with pytest.raises(ValueError, match=r"\(.*\).*\(.*\)"):
        function(good(), np.ones(N - 4))


@every
def test_a_constant_channel_warns_once_and_the_fit_proceeds(function):
    pixels = good()
    pixels[1] = 0.1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(pixels, None)
    assert [str(w.message) for w in caught if "channel 1 is constant" in str(w.message)]
    assert len([w for w in caught if "is constant" in str(w.message)]) == 1
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


@pytest.mark.parametrize("kind", ["banana", "Diag", ""])
def test_an_unknown_covariance_type_is_told_the_known_ones(kind):
    for function in (
        lambda: gmm.fit(good(), START, covariance_type=kind),
        lambda: initialization.kmeans(good(), 2, covariance_type=kind),
        lambda: one_image.fit(image_of(good()), NET, model=DeepModel(unet=CONFIG, covariance_type=kind)),
    ):
        with pytest.raises(ValueError, match="one of diag, spherical, tied, full"):
            function()


@pytest.mark.parametrize("labels", [np.full(N, 2), np.full(N, -1), np.zeros(N - 1, int), np.zeros(N + 1, int)])
def test_labels_are_as_many_as_the_pixels_and_within_range(labels):
    with pytest.raises(ValueError, match="labels must be 16 integers from 0 to 1"):
        initialization.from_labels(good(), labels, 2)


@pytest.mark.parametrize("means", [np.zeros((2, 3)), np.zeros(2), np.array([[0, np.nan], [1, 1]])])
def test_means_are_finite_and_of_the_shape_of_the_channels(means):
    with pytest.raises(ValueError, match="means must be finite"):
        initialization.from_means(good(), means)


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        ({"method": "gmm"}, "method must be one of deepsvg, deepg"),
        ({"m_step_gradient": "both"}, "m_step_gradient must be one of through, held"),
        ({"m_step_weights": "gamma"}, "m_step_weights must be one of prior, posterior"),
        ({"label_rule": "map"}, "label_rule must be one of prior, posterior"),
        ({"m_step_weights": "posterior"}, '"posterior" goes with m_step_gradient="held" only'),
    ],
)
def test_dg_switches_that_do_not_exist_or_do_not_go_together(switch, message):
    with pytest.raises(ValueError, match=message):
        one_image.fit(image_of(good()), NET, model=DeepModel(unet=CONFIG, **switch))


@pytest.mark.parametrize(
    "run", [one_image.fit, lambda x, net, w=None, **_: one_image.warm_start(x, net, np.ones((2, 4, 4)), w)]
)
def test_images_for_the_network(run):
    model = DeepModel(unet=UNetConfig())
    with pytest.raises(ValueError, match=r"multiples of 16 .*\(16, 24\)"):
        run(np.zeros((2, 16, 24)), NET, model=model)
    with pytest.raises(ValueError, match=r"\(16, 16\) .*\(2, 16, 32\)"):
        run(np.zeros((2, 16, 32)), NET, np.ones((16, 16)), model=model)
    with pytest.raises(ValueError, match=r"\(channels, height, width\).*\(16, 16\)"):
        run(np.zeros((16, 16)), NET, model=model)


def test_dg6_a_target_of_another_shape_is_named_with_both_shapes():
    with pytest.raises(ValueError, match=r"target .*\(2, 4, 2\)"):
        one_image.warm_start(image_of(good()), NET, np.full((2, 4, 2), 0.5), n_steps=1, config=CONFIG)


def test_dg6_what_the_target_says_outside_the_mask_never_matters():
    mask, target = np.ones((4, 4)), np.full((2, 4, 4), 0.5)
    mask[0, 0] = 0
    soiled = np.where(mask > 0, target, np.nan)
    one, other = (
        one_image.warm_start(image_of(good()), NET, p, mask, n_steps=2, config=CONFIG)["head"]["kernel"]
        for p in (target, soiled)
    )
    np.testing.assert_array_equal(one, other)


def test_kmeans_makes_at_least_one_round():
    """Without one no pixel has a class: there is no mixture to return."""
    with pytest.raises(ValueError, match="max_iter must be at least 1, got 0"):
        initialization.kmeans(np.arange(9.0)[None], 2, max_iter=0)
