"""PSNR, SSIM and NRMSE of images against scikit-image's."""

import numpy as np
import pytest

from deepmix.evaluation import images

metrics = pytest.importorskip("skimage.metrics")
pytestmark = pytest.mark.oracles


@pytest.mark.parametrize("shape", [(11, 40), (23, 16, 19)])
def test_images_of_two_and_three_dimensions(shape):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=shape).cumsum(axis=0)
    image = truth + rng.normal(size=shape)
    reach = np.ptp(truth)
    # Wang's window and covariance; without them scikit-image has a uniform window and another covariance
    as_wang = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": reach}
    assert images.ssim(image, truth) == pytest.approx(metrics.structural_similarity(image, truth, **as_wang))
    expected = metrics.peak_signal_noise_ratio(truth, image, data_range=reach)
    assert images.psnr(image, truth) == pytest.approx(expected)
    expected = metrics.normalized_root_mse(truth, image, normalization="min-max")
    assert images.nrmse(image, truth) == pytest.approx(expected)
