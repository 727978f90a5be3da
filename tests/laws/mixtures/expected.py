"""What EM for a family raises, written out: Q, the expected log-likelihood of pixels and hidden variables [NG]."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import gammaln, i0e, i1e, psi

from deepmix.reference.mixtures.families import FAMILIES
from deepmix.reference.mixtures.records import Rician, Student
from deepmix.reference.mixtures.student import precisions, squared_distances


def expected(
    pixels: np.ndarray, r: np.ndarray, weights: np.ndarray, previous: Any, mixture: Any, kind: str, family: str
) -> float:
    """Q of the classes' parameters, up to constants; the larger, the better. previous: what u and A are of."""
    of_pixels = Q.get(type(mixture), _no_more_hidden)(pixels, previous, mixture, kind, family)
    return float((weights * r * of_pixels).sum())


def _no_more_hidden(pixels: np.ndarray, previous: Any, mixture: Any, kind: str, family: str) -> np.ndarray:
    return FAMILIES[family].log_density(pixels, mixture, kind)


def _with_precisions(pixels: np.ndarray, previous: Student, mixture: Student, kind: str, _: str) -> np.ndarray:
    """log N(x | μ, Σ/u) + log Gamma(u | ν/2, ν/2), with the means of u and log u under the previous."""
    u, (distance, log_det) = precisions(pixels, previous, kind), squared_distances(pixels, mixture, kind)
    of_u = (previous.degrees[:, None] + len(pixels)) / 2
    log_u, half = np.log(u) + psi(of_u) - np.log(of_u), mixture.degrees[:, None] / 2
    gauss = -0.5 * (log_det[:, None] + u * distance)
    return gauss + half * np.log(half) - gammaln(half) + half * (log_u - u)


def _with_phases(pixels: np.ndarray, previous: Rician, mixture: Rician, kind: str, _: str) -> np.ndarray:
    """That of the complex signal, with the mean of cos φ under the previous."""
    z = pixels * previous.signals[:, :, None] / previous.variances[:, :, None]
    signals, variances = mixture.signals[:, :, None], mixture.variances[:, :, None]
    squares = pixels**2 + signals**2 - 2 * signals * pixels * i1e(z) / i0e(z)
    return (-np.log(variances) - squares / (2 * variances)).sum(axis=1)


Q: dict[type, Callable[..., np.ndarray]] = {Student: _with_precisions, Rician: _with_phases}
