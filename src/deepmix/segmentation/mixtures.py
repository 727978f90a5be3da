"""The mixtures that fit all pixels of a job at once, from the best start: GMM, SVGMM, fuzzy C-means."""

from collections.abc import Iterable
from types import ModuleType

import numpy as np

from deepmix.backends import over_pixels
from deepmix.reference.mixtures.records import AnyMixture, Fit, FuzzyFit

from .preparation import Job
from .results import PixelFit
from .sampling import share
from .selection import finite
from .starts import starts


def fit_gmm(
    mask: np.ndarray,
    job: Job,
    twin: ModuleType,
    begin: Iterable[AnyMixture] | None = None,
    max_iter: int | None = None,
) -> Fit:
    """Algorithm 1 from the best start. begin, max_iter: those of the settings if not given.

    For a large image, the best start is found and fitted on a share of the pixels first.
    """
    of = job.settings.mixture
    if begin is None:
        part = share(mask, job, blocks=of.initialization == "multiscale")
        begin = (
            starts(mask, job, twin) if part is None else [fit_gmm(part.mask, part, twin, None, max_iter).mixture]
        )
    options = {
        "covariance_type": of.covariance_type,
        "family": job.settings.densities.family,
        "tol": of.tol,
        "max_iter": of.max_iter if max_iter is None else max_iter,
    }
    pixels = job.pixels(mask)
    fits = (twin.mixtures.gmm.fit(pixels, start, **options) for start in begin)
    return min(fits, key=lambda fit: finite(fit.value))


def by_gmm(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """Fit the pixels of a mask (H, W, D) by Algorithm 1."""
    fit = fit_gmm(mask, job, twin)
    return PixelFit(fit=fit, probabilities=np.asarray(fit.responsibilities))


def by_svgmm(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """Fit the pixels of a mask (H, W, D) by Algorithm 2, from a fitted or an initial GMM."""
    of, pixels = job.settings.mixture, job.pixels(mask)
    before = fit_gmm(mask, job, twin, max_iter=0 if of.svgmm_start == "initial" else None)
    kind = {"covariance_type": of.covariance_type, "family": job.settings.densities.family}
    start = twin.mixtures.svgmm.begin(pixels, before.mixture, **kind)
    fit = twin.mixtures.svgmm.fit(pixels, start, **kind, tol=of.tol, max_iter=of.max_iter)
    return PixelFit(fit=fit, probabilities=np.asarray(fit.mixture.proportions))


def by_fuzzy_c_means(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """Fit the pixels of a mask (H, W, D) by fuzzy C-means from the best start, and return it as a mixture.

    The means of the mixture are the centres; value and history are J per pixel.
    """
    of, pixels, found = job.settings.mixture, job.pixels(mask), fit_fuzzy(mask, job, twin)
    n_pixels, initialization = pixels.shape[1], twin.mixtures.initialization
    memberships = np.asarray(found.memberships)
    mixture = initialization.from_responsibilities(
        pixels, memberships, np.ones(n_pixels, pixels.dtype), of.covariance_type
    )
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


def fit_fuzzy(mask: np.ndarray, job: Job, twin: ModuleType) -> FuzzyFit:
    """Fuzzy C-means from the best start; for a large image found on a share of the pixels, as in `fit_gmm`."""
    of, pixels, nearness = job.settings.mixture, job.pixels(mask), over_pixels(twin, twin.mixtures.fcm.memberships)
    if (part := share(mask, job, blocks=of.initialization == "multiscale")) is not None:
        begin = iter([nearness(pixels, fit_fuzzy(part.mask, part, twin).centres, of.fuzzifier)])
    elif of.initialization == "random" and of.means_init is None:
        drawn = twin.mixtures.initialization.random_memberships
        begin = (drawn(job.settings.n_components, pixels.shape[1], seed=seed) for seed in job.settings.seeds)
    else:
        begin = (nearness(pixels, start.means, of.fuzzifier) for start in starts(mask, job, twin))
    options = {"fuzzifier": of.fuzzifier, "tol": of.tol, "max_iter": of.max_iter}
    fits = (twin.mixtures.fcm.fit(pixels, memberships, **options) for memberships in begin)
    return min(fits, key=lambda fit: finite(fit.value))
