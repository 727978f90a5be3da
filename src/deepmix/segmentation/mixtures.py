"""The mixtures that fit all pixels of a job at once: GMM, SVGMM, fuzzy C-means; the best of their starts."""

from collections.abc import Iterable
from types import ModuleType

import numpy as np

from deepmix.reference.mixtures import fcm, initialization
from deepmix.reference.mixtures.records import Fit, Mixture

from .job import Job
from .selection import finite
from .starts import starts


def fit_gmm(mask: np.ndarray, job: Job, twin: ModuleType, begin: Iterable[Mixture] | None = None) -> Fit:
    """Algorithm 1 from the best start, up to the start where that is all that SVGMM wants of it.

    begin: the starts, those of the settings if not given.
    """
    settings, kind = job.settings, job.settings.covariance_type
    only_start = settings.method == "svgmm" and settings.svgmm_start == "initial"
    options = {"covariance_type": kind, "tol": settings.tol, "max_iter": 0 if only_start else settings.max_iter}
    fits = (twin.mixtures.gmm.fit(job.volume[:, mask], start, **options) for start in begin or starts(mask, job))
    return min(fits, key=lambda fit: finite(fit.value))


def fit_svgmm(mask: np.ndarray, job: Job, twin: ModuleType) -> Fit:
    """Algorithm 2 from a GMM."""
    settings, kind, pixels = job.settings, job.settings.covariance_type, job.volume[:, mask]
    start = twin.mixtures.svgmm.begin(pixels, fit_gmm(mask, job, twin).mixture, kind)
    return twin.mixtures.svgmm.fit(
        pixels, start, covariance_type=kind, tol=settings.tol, max_iter=settings.max_iter
    )


def fit_fuzzy(mask: np.ndarray, job: Job, twin: ModuleType) -> Fit:
    """Fuzzy C-means from the best start, as a mixture: its means are the centres, J is per pixel."""
    settings, pixels = job.settings, job.volume[:, mask]
    options = {"fuzzifier": settings.fuzzifier, "tol": settings.tol, "max_iter": settings.max_iter}
    if settings.initialization == "random" and settings.means_init is None:
        of = settings.n_components, pixels.shape[1]
        begin = (initialization.random_memberships(*of, seed=seed) for seed in settings.seeds)
    else:
        begin = (fcm.memberships(pixels, start.means, settings.fuzzifier) for start in starts(mask, job))
    fits = (twin.mixtures.fcm.fit(pixels, memberships, **options) for memberships in begin)
    fit = min(fits, key=lambda fit: finite(fit.value))
    memberships, ones = np.asarray(fit.memberships), np.ones(pixels.shape[1])
    mixture = initialization.from_responsibilities(pixels, memberships, ones, settings.covariance_type)
    mixture = mixture._replace(means=np.asarray(fit.centres))
    history = np.asarray(fit.history) / pixels.shape[1]
    return Fit(
        value=history[-1],
        history=history,
        status=fit.status,
        degenerate=fit.degenerate,
        mixture=mixture,
        responsibilities=memberships,
        labels=fit.labels,
    )
