"""PSNR, SSIM and NRMSE of images: values, what they do not depend on, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.evaluation.images import nrmse, psnr, ssim
from tests.problems import generators

MEASURES = (psnr, ssim, nrmse)


def pair(rng, shape=(14, 13)) -> tuple[np.ndarray, np.ndarray]:
    """An image and its truth."""
    truth = rng.normal(size=shape)
    return truth + 0.3 * rng.normal(size=shape), truth


def test_an_error_of_known_size():
    truth = np.zeros((12, 15))
    truth[3:9, 4:9] = 5.0
    image = truth + 0.05 * (-1.0) ** np.arange(15)
    assert nrmse(image, truth) == pytest.approx(0.01)
    assert psnr(image, truth) == pytest.approx(40)


@pytest.mark.parametrize("shape", [(11, 12), (12, 11, 13)])
def test_equal_images(shape):
    truth = np.random.default_rng(0).normal(size=shape)
    assert (psnr(truth, truth), nrmse(truth, truth)) == (np.inf, 0)
    assert ssim(truth, truth) == pytest.approx(1)


@given(rng=generators)
def test_ssim_of_one_window_by_its_definition(rng):
    image, truth = pair(rng, (11, 11))
    distance = np.hypot(*np.meshgrid(np.arange(-5, 6), np.arange(-5, 6)))
    window = np.exp(-(distance**2) / (2 * 1.5**2))
    window /= window.sum()
    small, smaller = (0.01 * np.ptp(truth)) ** 2, (0.03 * np.ptp(truth)) ** 2
    x, y = (window * image).sum(), (window * truth).sum()
    table = np.cov(image.ravel(), truth.ravel(), ddof=0, aweights=window.ravel())
    expected = (2 * x * y + small) * (2 * table[0, 1] + smaller)
    expected /= (x**2 + y**2 + small) * (np.trace(table) + smaller)
    assert ssim(image, truth) == pytest.approx(expected)


@pytest.mark.parametrize("measure", MEASURES)
@given(rng=generators, factor=st.sampled_from((1e-3, 1e4)))
def test_units_do_not_matter(measure, rng, factor):
    image, truth = pair(rng)
    assert measure(factor * image, factor * truth) == pytest.approx(measure(image, truth))


@pytest.mark.parametrize("measure", MEASURES)
def test_integers_are_compared_in_double_precision(measure):
    rng = np.random.default_rng(0)
    image, truth = (rng.integers(0, 256, (16, 16)).astype(np.uint8) for _ in range(2))
    assert measure(image, truth) == measure(image.astype(float), truth.astype(float))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("image", "truth", "words"),
    [
        (np.ones((12, 13)), np.eye(13), r"the image has the shape \(12, 13\), the truth \(13, 13\)"),
        (np.eye(13), np.full((13, 13), 2.0), "the truth has one value everywhere"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "the truth has one value everywhere"),
        (np.eye(13) * np.nan, np.eye(13), "the image: 169 of 169 values are NaN"),
        (np.eye(13), np.full((13, 13), np.inf), "the truth: 169 of 169 values are NaN or infinite"),
        (1j * np.eye(13), np.eye(13), "the image must hold real numbers, got complex128"),
    ],
)
def test_what_cannot_be_compared_is_refused(measure, image, truth, words):
    with pytest.raises(ValueError, match=words):
        measure(image, truth)


def test_ssim_needs_room_for_its_window():
    with pytest.raises(ValueError, match=r"at least 11 pixels a side, got the shape \(12, 10\)"):
        ssim(np.eye(12, 10), np.eye(12, 10))
