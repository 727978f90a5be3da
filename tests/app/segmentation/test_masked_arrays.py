"""Masked arrays of NumPy: what they hide is outside the mask of an image, and refused among samples."""

import numpy as np
import pytest

from deepmix import DeepMixture, FuzzyCMeans, GaussianMixture, SpatiallyVariantGaussianMixture, segment
from tests.app.segmentation.test_segmentation import blobs

OPTIONS = {"n_components": 3, "preset": "paper", "method": "gmm", "backend": "reference"}


def same(one, other) -> None:
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    np.testing.assert_array_equal(one.scale.mean, other.scale.mean)


@pytest.mark.parametrize("shape", [(20, 26), (20, 26, 3)])
@pytest.mark.parametrize("standardize", ["mask", "image"])
def test_what_an_image_hides_is_outside_the_mask_whatever_it_is(shape, standardize):
    image, _, mask = blobs(shape)
    hidden = np.zeros(image.shape, bool)
    hidden[0, 8:12, 9:20], hidden[1, 14:, 20:] = True, True  # each in one channel
    found = [
        segment(
            np.ma.masked_array(np.where(hidden, junk, image), hidden), mask, standardize=standardize, **OPTIONS
        )
        for junk in (1e20, np.nan, -9999)
    ]
    assert (found[0].labels[hidden.any(axis=0)] == 0).all()
    assert ((found[0].labels > 0) == (mask & ~hidden.any(axis=0))).all()
    same(found[0], found[1])
    same(found[0], found[2])
    if standardize == "mask":
        same(found[0], segment(image, mask & ~hidden.any(axis=0), **OPTIONS))


def test_one_channel_without_a_mask():
    image, _, mask = blobs()
    found = segment(np.ma.masked_array(image[0], ~mask), **OPTIONS)
    same(found, segment(image[0], mask, **OPTIONS))


def test_what_a_mask_hides_is_outside_of_it():
    image, _, mask = blobs()
    hidden = np.zeros(mask.shape, bool)
    hidden[8:12] = True
    same(segment(image, np.ma.masked_array(mask, hidden), **OPTIONS), segment(image, mask & ~hidden, **OPTIONS))


def test_an_image_that_hides_all_is_refused():
    image, *_ = blobs()
    with pytest.raises(ValueError, match="the mask is empty"):
        segment(np.ma.masked_all_like(image), **OPTIONS)


def test_half_precision_is_segmented_as_what_it_holds():
    """Large numbers outside the mask too: their sum is none of half precision."""
    image, _, mask = blobs()
    image = np.where(mask, image, 6e4).astype(np.float16)
    found = segment(image, mask, standardize="image", **OPTIONS)
    same(found, segment(image.astype(float), mask, standardize="image", **OPTIONS))


def test_the_network_takes_them_as_segment_does():
    image, _, mask = blobs()
    options = {"depth": 1, "filters": 2, "max_steps": 3, "random_state": 0, "backend": "reference"}
    hidden = np.ma.masked_array(image, np.broadcast_to(~mask, image.shape))
    unknown = np.where(mask, image, np.nan)
    with pytest.warns(UserWarning, match="step limit"):
        network, expected = DeepMixture(2, **options).fit(hidden), DeepMixture(2, **options).fit(unknown, mask)
    np.testing.assert_array_equal(network.labels_, expected.labels_)
    np.testing.assert_array_equal(network.predict(hidden), expected.predict(unknown, mask))


@pytest.mark.parametrize("kind", [GaussianMixture, SpatiallyVariantGaussianMixture, FuzzyCMeans])
def test_samples_have_no_mask(kind):
    samples = np.random.default_rng(0).normal(size=(30, 2))
    hidden = np.ma.masked_array(samples, samples > 1)
    estimator = kind(2, backend="reference", random_state=0)
    weights = np.ma.masked_array(np.ones(30), np.arange(30) < 3)
    for given in ((hidden,), (samples, None, weights)):
        with pytest.raises(ValueError, match=r"masked array \(numpy.ma\) hides \d+ of"):
            estimator.fit(*given)
    with pytest.raises(ValueError, match="masked array"):
        estimator.fit(samples).predict(hidden)
    estimator.fit(np.ma.masked_array(samples))  # which hides nothing
