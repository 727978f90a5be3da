"""How many classes? Information criteria of Gaussian mixtures."""

import numpy as np


def n_parameters(n_components: int, n_channels: int, covariance_type: str) -> int:
    """Free parameters of a Gaussian mixture: K·M means, K − 1 proportions, and the covariances."""
    of_matrix = n_channels * (n_channels + 1) // 2
    of_covariances = {
        "diag": n_components * n_channels,
        "spherical": n_components,
        "tied": of_matrix,
        "full": n_components * of_matrix,
    }[covariance_type]
    return n_components * n_channels + n_components - 1 + of_covariances


def aic(nll: float, n_samples: int, free: int) -> float:
    """Akaike's criterion of a mean NLL over so many samples (Akaike 1974); less is better."""
    return 2 * n_samples * nll + 2 * free


def bic(nll: float, n_samples: int, free: int) -> float:
    """The Bayesian criterion of a mean NLL over so many samples (Schwarz 1978); less is better."""
    return 2 * n_samples * nll + free * float(np.log(n_samples))
