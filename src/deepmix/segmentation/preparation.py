"""From the image as given to the image that is segmented: checked and standardised, its pixels chosen.

Images are (M, *spatial), masks (*spatial) bool.
"""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.mixtures.checks import check_pixels, check_support

from . import outliers, positive, shrinking
from .settings import Settings


class Scale(NamedTuple):
    """Standardisation: mean (M,) and standard deviation (M,) of the channels, in the unit of the image.

    low, high: (M,), to which values beyond them are clipped before.
    """

    mean: np.ndarray
    deviation: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def apply(self, columns: np.ndarray, dtype: Any = float) -> np.ndarray:
        """Standardise an array whose first axis is the channels, in float64; the result has the dtype given."""
        result = np.empty(columns.shape, dtype)
        for channel, standard, mean, deviation, low, high in zip(columns, result, *self, strict=True):
            for part in _parts(channel):
                standard[part] = (np.clip(channel[part], low, high) - mean) / deviation
        return result


def scale(image: np.ndarray, mask: np.ndarray, over: str, clip: float = 0.0, support: str = "real") -> Scale:
    """Mean and standard deviation of each channel over the "mask" or the "image"; "none": 0 and 1.

    A constant channel gets the standard deviation 1, and so becomes 0 [G3].
    clip: the percentage of the pixels at each end whose values are clipped.
    support: of the densities: positive channels are only divided, by their root mean square, and counts stay.
    """
    values = image[:, mask] if over == "mask" and not mask.all() else image.reshape(len(image), -1)
    low, high = outliers.limits(values, clip)
    if over == "none" or support == "counts":
        return Scale(mean=np.zeros(len(image)), deviation=np.ones(len(image)), low=low, high=high)
    if clip:
        values = np.clip(values, low[:, None], high[:, None])
    if support == "positive":
        zero = np.zeros(len(image))
        return Scale(mean=zero, deviation=np.sqrt(_variances(values, zero)), low=low, high=high)
    constant = values.min(axis=1) == values.max(axis=1)
    mean = np.where(constant, values[:, 0], values.mean(axis=1, dtype=float))
    deviation = np.where(constant, 1.0, np.sqrt(_variances(values, mean)))
    return Scale(mean=mean, deviation=deviation, low=low, high=high)


def _variances(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Variances (M,) of the rows of an array (M, N) about their means (M,), computed part by part."""
    squares = [
        [np.square(row[part] - m).sum() for part in _parts(row)] for row, m in zip(values, mean, strict=True)
    ]
    return np.array([sum(row) for row in squares]) / values.shape[1]


def _parts(array: np.ndarray) -> Iterator[slice]:
    """Slices of the first axis, about 2²⁰ numbers each: a float64 copy of all would take most of the memory."""
    step = max(1, 2**20 * len(array) // max(array.size, 1))
    return (slice(begin, begin + step) for begin in range(0, len(array), step))


class Job(NamedTuple):
    """What is segmented.

    volume: (M, H, W, D), standardised. mask: (H, W, D) bool. fine: the mask before shrinking. slices: those to do.
    flat: whether the image is 2-D. scale: the standardisation.
    """

    volume: np.ndarray
    mask: np.ndarray
    fine: np.ndarray
    slices: range
    flat: bool
    scale: Scale
    settings: Settings

    @property
    def alone(self) -> bool:
        """Whether one network sees all there is: of a flat image, or of a whole volume."""
        return self.flat or self.settings.dimension == 3

    @property
    def spacing(self) -> tuple[float, ...]:
        """Distances of the pixels, or of the blocks of a shrunk image, along the axes of the volume."""
        *within, between = self.settings.spacing or (1.0,) * 3
        return (*(step * self.settings.shrink for step in within), between)

    def pixels(self, mask: np.ndarray) -> np.ndarray:
        """The pixels (M, N) of a mask (H, W, D); not copied if the mask is true everywhere."""
        return self.volume.reshape(len(self.volume), -1) if mask.all() else self.volume[:, mask]

    def chosen(self) -> np.ndarray:
        """The mask within the slices to do."""
        result = np.zeros_like(self.mask)
        result[..., self.slices] = self.mask[..., self.slices]
        return result


def prepare(image: np.ndarray, mask: np.ndarray | None, settings: Settings) -> Job:
    """Check and standardise an image (H, W), (M, H, W) or (M, H, W, D). Raises as `deepmix.segment`.

    Pixels that a masked array hides in any channel are outside the mask.
    """
    volume = np.asarray(np.ma.getdata(image))
    if not np.issubdtype(volume.dtype, np.floating) or volume.dtype.itemsize < 4:  # half precision is too coarse
        volume = volume.astype(float)
    if volume.ndim == 2:
        volume = volume[None]
    if volume.ndim not in (3, 4):
        raise ValueError(f"image must be (H, W), (M, H, W) or (M, H, W, D), got the shape {volume.shape}")
    mask = np.ones(volume.shape[1:], bool) if mask is None else np.ma.filled(mask, 0) != 0
    if mask.shape != volume.shape[1:]:
        raise ValueError(f"mask of shape {mask.shape} does not match image of shape {np.shape(image)}")
    if np.ma.is_masked(image):
        hidden = np.ma.getmaskarray(image).reshape(volume.shape)
        volume, mask = np.where(hidden, np.nan, volume), mask & ~hidden.any(axis=0)
    flat = volume.ndim == 3
    if flat:
        volume, mask = volume[..., None], mask[..., None]
    if flat and settings.slices is not None:
        raise ValueError("slices are for volumes; this image has none")
    if flat and settings.dimension == 3:
        raise ValueError("dimension 3 is for volumes; this image has two axes")
    slices = range(mask.shape[2])[slice(*settings.slices or (None, None))]
    if not mask[..., slices].any():
        of = f" in the slices {slices.start}:{slices.stop}" if settings.slices else ""
        raise ValueError(f"the mask is empty{of}: no pixel counts")
    pixels, _ = check_pixels(volume.reshape(len(volume), -1), mask.ravel(), settings.n_components)
    if settings.mixture.means_init is not None:
        settings.densities.check_means(plain(settings.mixture.means_init, float))
    family = settings.densities.family
    pixels = check_support(positive.lifted(pixels, mask.ravel(), settings.densities.support), mask.ravel(), family)
    fine, (volume, mask) = mask, shrinking.shrunk(pixels.reshape(volume.shape), mask, settings.shrink)
    if settings.shrink > 1 and settings.densities.distribution == "rician":
        warnings.warn("signal and noise are those of means of blocks, whose noise is less", stacklevel=3)
    if mask.sum() < settings.n_components:
        raise ValueError(f"shrunk {settings.shrink} times, {mask.sum()} pixels count, too few; shrink less")
    if not (settings.clip_percentiles or settings.densities.has_heavy_tails):
        outliers.warn(volume, mask, remedy=f", or try --clip-percentiles {outliers.EXTREME:g}")
    over = scale(volume, mask, settings.standardize, settings.clip_percentiles, settings.densities.support)
    return Job(
        volume=over.apply(volume, settings.floating),
        mask=mask,
        fine=fine,
        slices=slices,
        flat=flat,
        scale=over,
        settings=settings.for_channels(len(volume)),
    )


def given_means(job: Job) -> np.ndarray:
    """μ_data (K, M), standardised as the image is. Raises ValueError for another shape."""
    means = plain(job.settings.mixture.means_init, float)
    expected = (job.settings.n_components, len(job.volume))
    if means.shape != expected:
        raise ValueError(f"means_init must have the shape (classes, channels) = {expected}, got {means.shape}")
    return job.scale.apply(means.T).T
