"""The estimators: scikit-learn's conventions, its results from the same start, and what they promise beyond."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepmix import GaussianMixture, SpatiallyVariantGaussianMixture

ON_SAMPLES = [GaussianMixture, SpatiallyVariantGaussianMixture]
BACKENDS = ["accelerated", "reference"]


@parametrize_with_checks([estimator(backend=backend) for estimator in ON_SAMPLES for backend in BACKENDS])
def test_scikit_learns_checks(estimator, check):
    check(estimator)
