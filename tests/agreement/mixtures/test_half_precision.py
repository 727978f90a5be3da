"""Half precision is computed with in float32: sums over pixels overflow it."""

import numpy as np
import pytest

from deepmix.accelerated.mixtures import fcm, gmm, initialization, svgmm


@pytest.mark.parametrize("algorithm", [gmm, svgmm])
def test_a_fit_is_that_of_float32(algorithm):
    """As many pixels as float16 cannot count."""
    rng = np.random.default_rng(0)
    pixels = (np.repeat([1.0, 50.0], 40_000) + rng.normal(0, 0.5, 80_000)).astype(np.float16)[None]
    fits = []
    for given in (pixels, pixels.astype(np.float32)):
        start = initialization.kmeans(given, 2, seed=0)
        if algorithm is svgmm:
            start = svgmm.begin(given, start)
        fits.append(algorithm.fit(given, start, max_iter=5))
    half, single = fits
    assert half.mixture.means.dtype == np.float32
    np.testing.assert_array_equal(half.mixture.means, single.mixture.means)
    np.testing.assert_allclose(np.sort(half.mixture.means[:, 0]), [1, 50], atol=0.1)
    assert half.value == single.value


def test_so_are_memberships():
    pixels = np.array([[0, 0.5, 9, 9.5]], np.float16)
    start = np.array([[1, 0.9, 0, 0.1], [0, 0.1, 1, 0.9]], np.float16)
    assert fcm.fit(pixels, start).centres.dtype == np.float32
