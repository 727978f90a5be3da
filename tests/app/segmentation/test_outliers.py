"""Pixels far from all others: said, and on request brought to where the others are."""

import warnings

import numpy as np
import pytest

from deepmix import segment
from deepmix.segmentation import outliers
from deepmix.segmentation.preparation import scale
from tests.app.segmentation.test_presets import matched_dice


def with_dead_pixels() -> tuple[np.ndarray, np.ndarray]:
    """Three tissues in noise (1, 96, 96), and twenty pixels of −30000; the truth, 0 there."""
    drawn = np.random.default_rng(0)
    truth = np.ones((96, 96), int)
    truth[16:80, 16:80], truth[34:62, 34:62] = 2, 3
    image = 100.0 * truth + drawn.normal(0, 15, truth.shape)
    dead = drawn.permutation(truth.size)[:20]
    image.flat[dead], truth.flat[dead] = -30000, 0
    return image[None], truth


@pytest.mark.parametrize("method", ["gmm", "hmrf"])
def test_dead_pixels_are_said_and_may_be_clipped(method):
    image, truth = with_dead_pixels()
    options = {"n_components": 3, "method": method, "backend": "reference", "restarts": 1}
    with pytest.warns(UserWarning, match=r"channel 0: 20 of 9,216 pixels, from -30000 to -30000, are far"):
        astray = segment(image, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = segment(image, clip_percentiles=outliers.EXTREME, **options)
    dice = [matched_dice(each.labels, truth, truth > 0) for each in (astray, found)]
    assert dice[0] < 0.7
    assert dice[1] > 0.95


@pytest.mark.parametrize("over", ["mask", "image", "none"])
def test_clipping_is_to_the_percentiles_of_what_is_standardised(over):
    rng = np.random.default_rng(1)
    image, mask = rng.normal(5, 3, (2, 40, 50)), rng.random((40, 50)) < 0.5
    values = image[:, mask] if over == "mask" else image.reshape(2, -1)
    low, high = np.percentile(values, (2, 98), axis=1)
    clipped = np.clip(image, low[:, None, None], high[:, None, None])
    np.testing.assert_allclose(
        scale(image, mask, over, 2.0).apply(image), scale(clipped, mask, over).apply(clipped)
    )


def test_tails_of_noise_and_a_small_bright_region_are_no_outliers():
    rng = np.random.default_rng(2)
    image = rng.standard_t(5, (1, 100, 100))
    image[0, :10, :10] += 20  # a hundredth of the pixels
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outliers.warn(image, np.ones((100, 100), bool), remedy="")
        outliers.warn(np.zeros((1, 4, 4)), np.ones((4, 4), bool), remedy="")
        spots = np.zeros((1, 128, 128))
        spots[0, 60:70, 60:70], spots[0, 20:28, 20:30] = 100, 200
        outliers.warn(spots, np.ones((128, 128), bool), remedy="")
