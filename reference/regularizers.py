"""Regularisers R(Π, μ, Σ) [R]: each returns its value and its gradient at Π.

μ and Σ are functions of Π by [G2] with r = Π, so the gradient includes the way through them.
Bind the extra arguments with `functools.partial` to get what `DeepModel.regularizers` takes.
"""

import numpy as np

from .types import Mixture


def mean_prior(
    proportions: np.ndarray, mixture: Mixture, image: np.ndarray, mask: np.ndarray, means: np.ndarray
) -> tuple[float, np.ndarray]:
    """‖μ − μ_data‖² [R1].

    proportions: (K, H, W). image: (M, H, W). mask: (H, W), weights. means: μ_data (K, M).
    """
    offset = mixture.means - means
    counts = (mask * proportions).sum(axis=(1, 2))
    # ∂μ_k/∂Π_k(x) = w (x − μ_k) / n_k [DG5]
    along = 2 * np.einsum("km,mhw->khw", offset, image) - 2 * (offset * mixture.means).sum(axis=1)[:, None, None]
    occupied = (counts >= 10 * np.finfo(float).tiny)[:, None, None]
    safe_counts = np.where(occupied, counts[:, None, None], 1)
    return (offset**2).sum(), np.where(occupied, mask * along / safe_counts, 0)


def total_variation(
    proportions: np.ndarray, mixture: Mixture, image: np.ndarray, mask: np.ndarray
) -> tuple[float, np.ndarray]:
    """(1/N) Σ_k Σ_{x~y in Ω} |Π_k(x) − Π_k(y)| over horizontal and vertical neighbours [R2].

    proportions: (K, H, W). mask: (H, W), weights, N their sum; Ω is where they are positive.
    """
    inside, total = mask > 0, mask.sum()
    value, gradient = 0.0, np.zeros_like(proportions)
    for axis in (0, 1):
        pairs = np.moveaxis(inside, axis, 0)
        pairs = pairs[1:] & pairs[:-1]
        steps = np.diff(np.moveaxis(proportions, axis + 1, 1), axis=1) * pairs
        value += np.abs(steps).sum() / total
        along = np.moveaxis(gradient, axis + 1, 1)  # a view: adds to `gradient`
        along[:, 1:] += np.sign(steps) / total
        along[:, :-1] -= np.sign(steps) / total
    return value, gradient
