"""What `datasets.corruptions` does to an image is what it says."""

import numpy as np
import pytest
from scipy import stats

from deepmix.datasets import corruptions

IMAGE = np.full((200, 200), 50.0)


def test_spikes_lie_beyond_the_image_and_are_as_many_as_asked():
    image = np.linspace(0, 1, 40_000).reshape(200, 200)
    found = corruptions.with_spikes(image, 0.02)
    changed = found != image
    assert changed.mean() == pytest.approx(0.02, abs=0.004)
    assert (np.abs(found[changed] - 0.5) >= 1.5).all()
    assert 0.4 < (found[changed] > 0).mean() < 0.6


def test_magnitudes_are_rician_and_speckle_is_gamma():
    of_noise = corruptions.magnitude(IMAGE, 20.0)
    assert stats.kstest(of_noise.ravel(), stats.rice(2.5, scale=20).cdf).pvalue > 0.01
    of_looks = corruptions.speckled(IMAGE, 3.0)
    assert stats.kstest(of_looks.ravel(), stats.gamma(3, scale=50 / 3).cdf).pvalue > 0.01


def test_the_same_seed_gives_the_same_image():
    for corrupted in (corruptions.with_spikes, corruptions.magnitude, corruptions.speckled):
        one, again, other = (corrupted(IMAGE + np.arange(200), 0.5, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, again)
        assert (one != other).any()
