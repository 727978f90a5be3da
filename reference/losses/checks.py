"""Checks of the input of the losses, for both backends."""

import numpy as np

from ..checks import check_unmasked
from ..types import Array


def check_known(proportions: Array, truth: Array, mask: Array, class_weights: Array | None = None) -> None:
    """Raise ValueError unless Π and T are (K, *spatial), w (*spatial), α (K,): nothing is broadcast or masked."""
    for array in (proportions, truth, mask, class_weights):
        check_unmasked(array)
    shape = np.shape(proportions)
    if len(shape) not in (3, 4) or np.shape(truth) != shape:
        raise ValueError(
            f"proportions and truth must have one shape (K, H, W[, D]), got {shape} and {np.shape(truth)}; "
            "labels (H, W) become a truth by labels == np.arange(K)[:, None, None]"
        )
    if np.shape(mask) != shape[1:]:
        raise ValueError(f"mask must have the shape {shape[1:]} of the pixels, got {np.shape(mask)}")
    if class_weights is not None and np.shape(class_weights) != shape[:1]:
        raise ValueError(f"class_weights must have the shape {shape[:1]}, got {np.shape(class_weights)}")
