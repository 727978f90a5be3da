"""Segmentation losses where the truth is known [TR4]: each returns its value and its gradient at Π.

truth: T (K, H, W), 1 for the true class of a pixel, all 0 where it is not known; c = w Σ_k T_k counts the rest.
"""

import numpy as np


def cross_entropy(proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
    """−Σ_x c Σ_k T_k log Π_k / Σ_x c [TR4]; 0 where no truth is known.

    proportions: Π (K, H, W). truth: (K, H, W). mask: w (H, W). A proportion below the smallest normal number
    counts as that.
    """
    share = _share(truth, mask)
    floored = np.maximum(proportions, np.finfo(proportions.dtype).tiny)
    return -(share * truth * np.log(floored)).sum(), -share * truth / floored


def soft_dice(proportions: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
    """1 − the mean over the true classes of 2 Σ_x c Π_k T_k / Σ_x c (Π_k + T_k) [TR4]; 0 without any truth.

    Arguments as for `cross_entropy`. A class that the truth does not hold is left out of the mean.
    """
    share = _share(truth, mask)
    true = (share * truth).sum(axis=(1, 2))
    present = true > 0
    n_present = max(present.sum(), 1)
    both = (share * proportions * truth).sum(axis=(1, 2))
    either = np.where(present, (share * proportions).sum(axis=(1, 2)) + true, 1)
    value = (present * (1 - 2 * both / either)).sum() / n_present
    slope = 2 * (truth * either[:, None, None] - both[:, None, None]) / either[:, None, None] ** 2
    return value, -share * slope * (present / n_present)[:, None, None]


def _share(truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """c / Σ c (H, W)."""
    counted = mask * truth.sum(axis=0)
    total = counted.sum()
    return counted / np.where(total > 0, total, 1)
