"""The order of the classes."""

import numpy as np

from deepmix.reference.evaluation.overlap import match_classes
from deepmix.reference.mixtures.records import AnyMixture

from . import densities
from .preparation import Job


def order_of(mixture: AnyMixture, job: Job) -> np.ndarray:
    """The classes (K,) of a mixture by ascending mean of the first channel, or in the order of means_init."""
    if job.settings.mixture.means_init is not None:
        return np.arange(job.settings.n_components)
    of_classes = densities.means(mixture, job.settings.mixture.covariance_type)
    return np.argsort(of_classes[:, 0], kind="stable")


def matching_order(probabilities: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """For every class of a guide, the class of a fit that overlaps it best [EV2].

    probabilities, guide: (K, pixels). Returns (K,) int.
    """
    n_components = len(guide)
    matched = match_classes(probabilities.argmax(axis=0) + 1, guide.argmax(axis=0) + 1, n_components, n_components)
    return np.argsort(matched)
