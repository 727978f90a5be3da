"""What a segmentation works on, from the image as it was given; and what it says of its fits."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.mixtures.checks import check_pixels
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.types import Tree

from . import preparation
from .results import Part
from .selection import Strength
from .settings import Settings

# Called with the slices done, the slices in all, the steps done in this slice, and the NLL or F.
Progress = Callable[[int, int, int, float], None]


class Job(NamedTuple):
    """A volume (M, H, W, D), standardised; its mask (H, W, D); the slices to do; is it a flat image?"""

    volume: np.ndarray
    mask: np.ndarray
    slices: range
    flat: bool
    scale: preparation.Scale
    settings: Settings

    def chosen(self) -> np.ndarray:
        """The mask within the slices to do."""
        result = np.zeros_like(self.mask)
        result[..., self.slices] = self.mask[..., self.slices]
        return result


class Outcome(NamedTuple):
    """Fits, and the probabilities (K, N) of the pixels of each slice (None: of all chosen ones)."""

    parts: list[Part]
    maps: list[tuple[int | None, np.ndarray]]
    guide: Part | None = None
    field: Strength | None = None


def prepare(image: np.ndarray, mask: np.ndarray | None, settings: Settings) -> Job:
    """Check and standardise an image (H, W), (M, H, W) or (M, H, W, D); errors as `deepmix.segment`."""
    volume = np.asarray(image)
    if not np.issubdtype(volume.dtype, np.floating):
        volume = volume.astype(float)
    if volume.ndim == 2:
        volume = volume[None]
    if volume.ndim not in (3, 4):
        raise ValueError(f"image must be (H, W), (M, H, W) or (M, H, W, D), got the shape {volume.shape}")
    mask = np.ones(volume.shape[1:], bool) if mask is None else np.asarray(mask) != 0
    if mask.shape != volume.shape[1:]:
        raise ValueError(f"mask of shape {mask.shape} does not match image of shape {np.shape(image)}")
    flat = volume.ndim == 3
    if flat:
        volume, mask = volume[..., None], mask[..., None]
    if flat and settings.slices is not None:
        raise ValueError("slices are of volumes; this image has none")
    slices = range(mask.shape[2])[slice(*settings.slices or (None, None))]
    if not mask[..., slices].any():
        of = f" in the slices {slices.start}:{slices.stop}" if settings.slices else ""
        raise ValueError(f"the mask is empty{of}: no pixel counts")
    pixels, _ = check_pixels(volume.reshape(len(volume), -1), mask.ravel(), settings.n_components)
    volume = pixels.reshape(volume.shape)
    scale = preparation.scale(volume, mask, settings.standardize)
    return Job(scale.apply(volume).astype(settings.floating), mask, slices, flat, scale, settings)


def regularizers(job: Job, twin: ModuleType, beta: float = 0.0) -> tuple:
    """Those of the settings with their λ, as the backend has them. beta: of the field that guides, 0: none.

    For sure Π the coupling of [SV4], −β Σ_{x~y} Σ_k Π_k(x) Π_k(y), is β/2 times the total variation, up to a
    constant. With diagonals, of which the total variation has none, λ = β lies between what a straight border
    asks for (3/2 β) and what a diagonal one does (β).
    """
    settings, chosen = job.settings, []
    weight: Any = settings.total_variation
    if weight == "auto":
        weight = beta if settings.diagonals else beta / 2
    if weight:
        chosen.append((twin.deep_mixtures.regularizers.total_variation, weight))
    if settings.mean_prior:
        chosen.append(
            (partial(twin.deep_mixtures.regularizers.mean_prior, means=given_means(job)), settings.mean_prior)
        )
    return tuple(chosen)


def network(job: Job) -> Tree:
    """The first parameters of the network, drawn with the seed of the settings."""
    settings = job.settings
    return unet_parameters(len(job.volume), settings.n_components, settings.model().unet, seed=settings.seed)


def given_means(job: Job) -> np.ndarray:
    """μ_data, standardised as the image is."""
    means = np.asarray(job.settings.means_init, dtype=float)
    expected = (job.settings.n_components, len(job.volume))
    if means.shape != expected:
        raise ValueError(f"means_init must have the shape (classes, channels) = {expected}, got {means.shape}")
    return job.scale.apply(means.T).T


def order_of(means: np.ndarray, job: Job) -> np.ndarray:
    """Classes by ascending mean of the first channel, or as the given means have them."""
    if job.settings.means_init is not None:
        return np.arange(job.settings.n_components)
    return np.argsort(np.asarray(means)[:, 0], kind="stable")


def part_of(index: int | None, fit: Any, order: np.ndarray, job: Job) -> Part:
    """A fit with its classes in order and its moments in the unit of the image."""
    proportions = np.asarray(fit.mixture.proportions)
    deviation, kind = job.scale.deviation, job.settings.covariance_type
    covariances = np.asarray(fit.mixture.covariances)
    if kind in ("diag", "spherical"):
        covariances = covariances.reshape(len(order), -1) * deviation**2
    else:
        covariances = covariances * np.outer(deviation, deviation)
    return Part(
        index,
        np.asarray(fit.history),
        fit.status,
        (proportions if proportions.ndim == 1 else proportions.mean(axis=1))[order],
        np.asarray(fit.mixture.means)[order] * deviation + job.scale.mean,
        covariances if kind == "tied" else covariances[order],
        np.asarray(fit.degenerate)[order],
    )
