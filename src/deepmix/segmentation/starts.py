"""Where the mixtures of a job start: k-means on its pixels or on smoothed ones, chance, or given means."""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
from scipy.ndimage import gaussian_filter

from deepmix.backends import over_pixels
from deepmix.reference.mixtures.records import AnyMixture, Mixture

from . import densities, outliers, preparation
from .groups import MixtureSettings
from .preparation import Job, given_means

SCALES = (0, 1, 2, 3)  # of "multiscale": standard deviations of the Gaussians that smooth, in pixels
_DRAWN = {"kmeans": "kmeans", "random": "random_responsibilities"}  # the function that draws a start


def starts(mask: np.ndarray, job: Job, twin: ModuleType) -> Iterator[AnyMixture]:
    """All starts of the settings, in the family of the settings. mask: (H, W, D), the pixels.

    Those of heavy tails are found on the pixels that are not far out, as k-means has a class for each far one.
    """
    pixels, of = job.pixels(mask), job.settings
    near = outliers.without_far(job.volume, mask) if of.densities.has_heavy_tails else mask
    chosen = near if near.sum() >= of.n_components else mask
    for start in gaussian_starts(chosen, job, twin):
        yield densities.begin(pixels, start, of.densities, of.mixture.covariance_type, twin)


def gaussian_starts(mask: np.ndarray, job: Job, twin: ModuleType) -> Iterator[Mixture]:
    """All starts of the settings: `restarts` seeds, each at every scale. mask: (H, W, D), the pixels."""
    initialization = twin.mixtures.initialization
    settings, pixels = job.settings, job.pixels(mask)
    k, kind = settings.n_components, settings.mixture.covariance_type
    if settings.mixture.means_init is not None:
        yield initialization.from_means(pixels, given_means(job), covariance_type=kind)
        return
    if settings.mixture.initialization == "multiscale":
        distances = over_pixels(twin, twin.mixtures.fcm.squared_distances)
        for scale in SCALES:
            smooth = smoothed(job.volume, mask, scale)
            smooth = preparation.scale(smooth, mask, "mask").apply(smooth[:, mask])  # as K-means measures
            for seed in settings.seeds:
                clusters = initialization.kmeans(smooth, k, seed=seed)
                nearest = np.asarray(distances(smooth, clusters.means)).argmin(axis=0)
                yield initialization.from_labels(pixels, nearest, k, covariance_type=kind)
        return
    draw = getattr(initialization, _DRAWN[settings.mixture.initialization])
    for seed in settings.seeds:
        yield draw(pixels, k, seed=seed, covariance_type=kind)


def n_starts(settings: MixtureSettings) -> int:
    """How many starts there are."""
    if settings.means_init is not None:
        return 1
    return settings.restarts * (len(SCALES) if settings.initialization == "multiscale" else 1)


def smoothed(volume: np.ndarray, mask: np.ndarray, deviation: float) -> np.ndarray:
    """The channels (M, *spatial) smoothed by a Gaussian over the pixels of the mask (*spatial) alone.

    deviation: standard deviation of the Gaussian, in pixels.
    """
    if deviation == 0:
        return volume
    inside = mask.astype(float)
    weight = np.maximum(gaussian_filter(inside, deviation), np.finfo(float).tiny)
    return np.stack([gaussian_filter(np.where(mask, channel, 0.0), deviation) / weight for channel in volume])
