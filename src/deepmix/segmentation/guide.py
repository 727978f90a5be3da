"""What guides the networks of a job: one GMM or Markov field over all slices, its classes in final order."""

from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from deepmix.reference.mixtures.records import AnyMixture

from . import densities
from .methods import METHODS
from .order import order_of
from .preparation import Job
from .results import Part, part_of, placed
from .selection import Doubt, Strength


class Guide(NamedTuple):
    """A mixture over the whole volume, standardised, and its responsibilities (K, H, W, D), 0 outside the mask.

    part: the fit as the result reports it. beta: of a field, else 0. strength: how β was chosen. consensus: see
    `Outcome`. doubt: of a field, else None.
    """

    mixture: AnyMixture
    responsibilities: np.ndarray
    part: Part
    beta: float
    strength: Strength | None
    consensus: np.ndarray | None
    doubt: Doubt | None


def needs_guide(job: Job) -> bool:
    """Whether a network needs a guide: to name its classes, to start from, or to set its smoothness."""
    settings, model = job.settings, job.settings.model
    named = not job.alone or settings.mixture.means_init is not None
    starts = settings.guidance.warm_start or model.objective == "free_energy"
    return bool(named or starts or model.total_variation == "auto")


def fit_guide(job: Job, twin: ModuleType) -> Guide:
    """Fit the method that the settings name as the guide, over the whole mask."""
    method = METHODS[job.settings.guidance.guide]
    found = method.fit(job.mask, job, twin)
    mixture = found.fit.mixture
    if method.field:
        of_prior = softmax(np.asarray(found.fit.external))  # the prior of [SV4]
        mixture = mixture._replace(proportions=of_prior.astype(np.asarray(mixture.proportions).dtype))
    order = order_of(mixture, job)
    return Guide(
        mixture=densities.reordered(mixture, order, job.settings.mixture.covariance_type),
        responsibilities=placed(found.probabilities[order].astype(job.volume.dtype, copy=False), job.mask),
        part=part_of(None, found.fit, order, job),
        beta=found.beta,
        strength=found.strength,
        consensus=None if found.consensus is None else placed(found.consensus[order], job.mask),
        doubt=found.doubt,
    )
