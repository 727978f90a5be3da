"""The mixtures that fit all pixels of a job at once: GMM, SVGMM, fuzzy C-means; the best of their starts."""

from collections.abc import Iterable
from types import ModuleType

import numpy as np

from deepmix.reference.mixtures import fcm, initialization
from deepmix.reference.mixtures.records import Fit, Mixture

from .preparation import Job
from .results import PixelFit
from .selection import finite
from .starts import starts


def fit_gmm(
    mask: np.ndarray,
    job: Job,
    twin: ModuleType,
    begin: Iterable[Mixture] | None = None,
    max_iter: int | None = None,
) -> Fit:
    """Algorithm 1 from the best start. begin, max_iter: those of the settings if not given."""
    of = job.settings.mixture
    options = {
        "covariance_type": of.covariance_type,
        "tol": of.tol,
        "max_iter": of.max_iter if max_iter is None else max_iter,
    }
    fits = (twin.mixtures.gmm.fit(job.volume[:, mask], start, **options) for start in begin or starts(mask, job))
    return min(fits, key=lambda fit: finite(fit.value))


def by_gmm(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The pixels of a mask (H, W, D) by Algorithm 1."""
    fit = fit_gmm(mask, job, twin)
    return PixelFit(fit=fit, probabilities=np.asarray(fit.responsibilities))


def by_svgmm(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The pixels of a mask (H, W, D) by Algorithm 2, from a GMM or from where one would start."""
    of, pixels = job.settings.mixture, job.volume[:, mask]
    before = fit_gmm(mask, job, twin, max_iter=0 if of.svgmm_start == "initial" else None)
    start = twin.mixtures.svgmm.begin(pixels, before.mixture, of.covariance_type)
    fit = twin.mixtures.svgmm.fit(
        pixels, start, covariance_type=of.covariance_type, tol=of.tol, max_iter=of.max_iter
    )
    return PixelFit(fit=fit, probabilities=np.asarray(fit.mixture.proportions))


def by_fuzzy_c_means(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The pixels of a mask (H, W, D) by fuzzy C-means from the best start, as a mixture.

    Its means are the centres, its value and history J per pixel.
    """
    settings, of, pixels = job.settings, job.settings.mixture, job.volume[:, mask]
    n_pixels = pixels.shape[1]
    if of.initialization == "random" and of.means_init is None:
        drawn = initialization.random_memberships
        begin = (drawn(settings.n_components, n_pixels, seed=seed) for seed in settings.seeds)
    else:
        begin = (fcm.memberships(pixels, start.means, of.fuzzifier) for start in starts(mask, job))
    options = {"fuzzifier": of.fuzzifier, "tol": of.tol, "max_iter": of.max_iter}
    found = min(
        (twin.mixtures.fcm.fit(pixels, memberships, **options) for memberships in begin),
        key=lambda fit: finite(fit.value),
    )
    memberships = np.asarray(found.memberships)
    mixture = initialization.from_responsibilities(pixels, memberships, np.ones(n_pixels), of.covariance_type)
    fit = Fit(
        value=np.asarray(found.value) / n_pixels,
        history=np.asarray(found.history) / n_pixels,
        status=found.status,
        degenerate=found.degenerate,
        mixture=mixture._replace(means=np.asarray(found.centres)),
        responsibilities=memberships,
        labels=found.labels,
    )
    return PixelFit(fit=fit, probabilities=memberships)
