"""A coarser grid to segment on, and back from it."""

import numpy as np
import pytest

from deepmix import segment
from deepmix.segmentation import shrinking

SHAPE = (23, 17, 3)
FACTORS = [2, 3, 5, 40]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def drawn(rng) -> tuple[np.ndarray, np.ndarray]:
    """Two channels and a mask."""
    return rng.normal(size=(2, *SHAPE)), rng.random(SHAPE) < 0.4


@pytest.mark.parametrize("factor", FACTORS)
def test_a_block_has_the_mean_of_its_pixels_that_count(rng, factor):
    volume, mask = drawn(rng)
    coarse, inside = shrinking.shrunk(volume, mask, factor)
    assert inside.shape == (-(-SHAPE[0] // factor), -(-SHAPE[1] // factor), SHAPE[2])
    for i, j, z in np.ndindex(inside.shape):
        block = slice(i * factor, (i + 1) * factor), slice(j * factor, (j + 1) * factor), z
        counted = mask[block]
        assert inside[i, j, z] == counted.any()
        values = volume[:, *block]
        expected = values[:, counted] if counted.any() else values.reshape(2, -1)
        np.testing.assert_allclose(coarse[:, i, j, z], expected.mean(axis=1), rtol=1e-12)


def test_where_nothing_is_shrunk_everything_stays(rng):
    volume, mask = drawn(rng)
    assert shrinking.shrunk(volume, mask, 1) == (volume, mask)
    assert shrinking.grown(volume, mask, mask, 1) is volume
    assert shrinking.covered(mask, mask, 1) is mask


@pytest.mark.parametrize("factor", FACTORS)
def test_probabilities_stay_probabilities_and_constants_stay_constant(rng, factor):
    _, mask = drawn(rng)
    _, inside = shrinking.shrunk(np.zeros((1, *SHAPE)), mask, factor)
    shares = np.array([0.2, 0.5, 0.3])[:, None, None, None]
    np.testing.assert_allclose(shrinking.grown(shares * inside, inside, mask, factor), shares * mask, rtol=1e-12)
    maps = rng.dirichlet(np.ones(3), inside.shape).transpose(3, 0, 1, 2) * inside
    fine = shrinking.grown(maps, inside, mask, factor)
    np.testing.assert_allclose(fine.sum(axis=0), mask, atol=1e-12)
    assert fine.min() >= 0


@pytest.mark.parametrize("factor", [2, 3])
def test_what_is_linear_comes_back(rng, factor):
    """But for the borders, beyond whose centres nothing is known."""
    mask = np.ones((24, 18, 1), bool)
    ramp = (np.arange(24.0)[:, None] + 2 * np.arange(18.0))[None, ..., None]
    coarse, inside = shrinking.shrunk(ramp, mask, factor)
    fine = shrinking.grown(coarse, inside, mask, factor)
    np.testing.assert_allclose(fine[:, factor:-factor, factor:-factor], ramp[:, factor:-factor, factor:-factor])


@pytest.mark.parametrize("factor", FACTORS)
def test_pixels_that_count_have_blocks_that_count(rng, factor):
    volume, mask = drawn(rng)
    _, inside = shrinking.shrunk(volume, mask, factor)
    np.testing.assert_array_equal(shrinking.covered(inside, mask, factor), mask)
    assert not shrinking.covered(np.zeros_like(inside), mask, factor).any()


def disc(side: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc in noise, and its classes 1 and 2."""
    axis = np.linspace(-1, 1, side)
    truth = 1 + (axis[:, None] ** 2 + axis**2 < 0.4)
    return truth + np.random.default_rng(1).normal(scale=0.3, size=(side, side)), truth


@pytest.mark.parametrize("method", ["gmm", "hmrf", "fcm"])
def test_a_shrunk_image_is_labelled_at_its_own_pixels(method):
    image, truth = disc(61)
    mask = np.ones(image.shape, bool)
    mask[:, :5] = False
    found = segment(image, mask, n_components=2, method=method, shrink=3, backend="reference")
    assert found.labels.shape == found.ambiguity.shape == image.shape
    assert found.probabilities.shape == (2, *image.shape)
    assert ((found.labels > 0) == mask).all()
    np.testing.assert_array_equal(found.probabilities.argmax(axis=0)[mask] + 1, found.labels[mask])
    assert (found.labels == truth)[mask].mean() > 0.95
    assert found.settings.shrink == 3


@pytest.mark.parametrize("method", ["gmm", "deepsvg"])
def test_what_is_segmented_is_the_coarse_image(method):
    volume = np.stack([disc(64)[0]] * 3, axis=-1)[None]
    mask = np.ones(volume.shape[1:], bool)
    about = {"n_components": 2, "method": method, "guide": "gmm", "slices": (1, 3), "total_variation": 0.1}
    about |= {"depth": 1, "filters": 2, "warm_start": 3, "min_steps": 3, "max_steps": 3, "preset": "paper"}
    coarse, inside = shrinking.shrunk(volume, mask, 4)
    expected = shrinking.grown(segment(coarse, **about).probabilities, inside, mask, 4)
    found = segment(volume, shrink=4, **about)
    np.testing.assert_array_equal(found.probabilities, expected)
    np.testing.assert_array_equal(found.labels[..., 1:], expected.argmax(axis=0)[..., 1:] + 1)
    assert not found.labels[..., 0].any()


def test_shrunk_to_fewer_pixels_than_classes_is_refused():
    with pytest.raises(ValueError, match="shrunk 9 times, 1 pixels count, too few; shrink less"):
        segment(disc(9)[0], n_components=2, method="gmm", shrink=9)
