"""What a segmentation needs to know of a covariance type: which suits, its form, how many numbers are free."""

from math import prod

from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES, COVARIANCES

AUTO = "auto"


def suited(covariance_type: str, n_channels: int, known: tuple[str, ...] = COVARIANCE_TYPES) -> str:
    """The type itself; for "auto", the type that suits images of so many channels, of those that a family knows.

    In one channel a class of larger variance would take the pixels beyond all other classes on both sides; in
    several, the correlations of the channels tell objects apart.
    """
    if covariance_type != AUTO:
        return covariance_type
    wanted = "tied" if n_channels == 1 else "full"
    return wanted if wanted in known else known[0]


def freest(covariance_type: str, known: tuple[str, ...] = COVARIANCE_TYPES) -> str:
    """The type itself; for "auto", full, or the first that a family knows.

    Classes differ in spread, and to count them each needs its own.
    """
    if covariance_type != AUTO:
        return covariance_type
    return "full" if "full" in known else known[0]


def holds_matrices(covariance_type: str) -> bool:
    """Whether Σ is made of matrices (M, M), not of variances."""
    return COVARIANCES[covariance_type].shape(3, 2)[-2:] == (2, 2)


def n_free(covariance_type: str, n_components: int, n_channels: int) -> int:
    """How many numbers of Σ are free; a symmetric matrix has M (M + 1) / 2."""
    shape = COVARIANCES[covariance_type].shape(n_components, n_channels)
    if holds_matrices(covariance_type):
        return prod(shape[:-2]) * n_channels * (n_channels + 1) // 2
    return prod(shape)
