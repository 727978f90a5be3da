"""What the front door asks of a covariance type: whether it holds matrices, and how many numbers are free."""

from math import prod

from deepmix.reference.mixtures.covariances import COVARIANCES


def holds_matrices(covariance_type: str) -> bool:
    """Whether Σ is made of matrices (M, M), not of variances."""
    return COVARIANCES[covariance_type].shape(3, 2)[-2:] == (2, 2)


def n_free(covariance_type: str, n_components: int, n_channels: int) -> int:
    """How many numbers of Σ may be chosen freely: of a symmetric matrix M (M + 1) / 2."""
    shape = COVARIANCES[covariance_type].shape(n_components, n_channels)
    if holds_matrices(covariance_type):
        return prod(shape[:-2]) * n_channels * (n_channels + 1) // 2
    return prod(shape)
