"""The order of the classes."""

import numpy as np

from deepmix.reference.evaluation.overlap import match_classes

from .preparation import Job


def order_of(means: np.ndarray, job: Job) -> np.ndarray:
    """The classes (K,) by ascending mean of the first channel, or in the order of means_init. means: (K, M)."""
    if job.settings.mixture.means_init is not None:
        return np.arange(job.settings.n_components)
    return np.argsort(np.asarray(means)[:, 0], kind="stable")


def matching_order(probabilities: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """For every class of a guide, the class of a fit that overlaps it best [EV2].

    probabilities, guide: (K, pixels). Returns (K,) int.
    """
    n_components = len(guide)
    matched = match_classes(probabilities.argmax(axis=0) + 1, guide.argmax(axis=0) + 1, n_components, n_components)
    return np.argsort(matched)
