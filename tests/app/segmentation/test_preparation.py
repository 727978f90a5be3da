"""Standardising, cropping and padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.segmentation.preparation import scale
from deepmix.segmentation.windows import window
from tests.problems import generators


@given(rng=generators, margin=st.integers(0, 6), multiple=st.sampled_from([1, 4, 16]))
def test_a_window_gives_back_what_it_took(rng, margin, multiple):
    shape = tuple(rng.integers(3, 40, 2))
    mask = np.zeros(shape, bool)
    mask[tuple(rng.integers(0, side) for side in shape)] = True
    mask[tuple(rng.integers(0, side) for side in shape)] = True
    image = rng.normal(size=(2, *shape))
    box = window(mask, margin, multiple)
    taken, inside = box.take(image), box.take_mask(mask)
    assert taken.shape[1] % multiple == taken.shape[2] % multiple == 0
    assert inside.sum() == mask.sum()  # nothing of the mask is lost, the padding does not count
    assert np.array_equal(box.give(taken)[:, mask[box.box]], image[:, mask])
    assert np.array_equal(taken[:, inside], image[:, mask])


def test_margin_and_reflection():
    mask = np.zeros((10, 10), bool)
    mask[4:6, 2:5] = True
    box = window(mask, 1, 4)
    image = np.arange(100.0).reshape(1, 10, 10)
    assert box.box == (slice(3, 7), slice(1, 6))
    assert box.padding == (0, 3)
    assert np.array_equal(box.take(image)[0, 0, 5:], image[0, 3, [4, 3, 2]])


@given(rng=generators, over=st.sampled_from(["mask", "image"]))
def test_standardising(rng, over):
    image, mask = rng.normal(5, 3, (2, 6, 7)), rng.random((6, 7)) < 0.5
    mask[0, :2] = True
    standard = scale(image, mask, over).apply(image)
    values = standard[:, mask] if over == "mask" else standard.reshape(2, -1)
    np.testing.assert_allclose(values.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(values.std(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("over", ["mask", "image"])
def test_a_constant_channel_becomes_zero(over):
    """Exactly, although the mean of equal numbers may be rounded."""
    image = np.full((1, 5, 7), 0.1)
    assert (scale(image, image[0] > 0, over).apply(image) == 0).all()


def test_none_leaves_the_image():
    image = np.arange(12.0).reshape(1, 3, 4)
    assert np.array_equal(scale(image, image[0] > 0, "none").apply(image), image)
