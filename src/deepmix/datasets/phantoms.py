"""Images with known truth."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from .anatomy import TISSUES, Cut, anatomy

CHANNELS = ("bSSFP", "LGE", "T2")

HEIGHT = 0.6  # of the ventricle from base to apex, as a share of the side of a slice

# Intensities read off a real case, (tissue, channel): means and standard deviations.
MEANS = np.array([[855.0, 886, 123], [425, 208, 357], [534, 496, 564], [582, 945, 639]])
DEVIATIONS = np.array([[176.0, 232, 152], [132, 143, 77], [107, 231, 77], [126, 328, 96]])

# The same by number of the tissue (0: unused); what surrounds the ventricle has plausible numbers, not read off.
_ALL_MEANS = np.vstack([np.zeros((1, 3)), MEANS, MEANS[:1], [[70, 60, 45], [330, 230, 210], [760, 560, 620]]])
_ALL_DEVIATIONS = np.vstack(
    [np.ones((1, 3)), DEVIATIONS, DEVIATIONS[:1], [[45, 60, 40], [90, 90, 80], [110, 110, 110]]]
)


class Phantom(NamedTuple):
    """An image with known truth.

    image: (3, size, size): the channels in the order of `CHANNELS`, rows, columns.
    labels: (size, size) int, 1 … 4 in the order of `TISSUES`, 0 outside the ventricle. mask: labels > 0.
    """

    image: np.ndarray
    labels: np.ndarray
    mask: np.ndarray


def left_ventricle(size: int = 160, noise: float = 1.0, seed: int = 0) -> Phantom:
    """A short-axis slice of a left ventricle with oedema and, within it, a subendocardial scar.

    In each channel, the standard deviation of a tissue comes partly from Rician noise of the scanner, equal in all
    tissues, and otherwise from a texture of the tissue; blur and a smooth bias field are there without noise too.
    size: pixels per side; all measures of the anatomy are fractions of it. noise: multiple of `DEVIATIONS`.
    Returns a `Phantom`, the same for the same arguments. Raises ValueError for a size below 48 or negative noise.
    """
    _check(size, noise)
    rng = np.random.default_rng(seed)
    return _imaged(anatomy(size, rng, Cut()), (1.0, 1.0), noise, rng)


def ventricle_slices(size: int = 160, n_slices: int = 16, noise: float = 1.0, seed: int = 0) -> list[Phantom]:
    """The slices of one left ventricle as `left_ventricle` draws it, from the base to the apex, `HEIGHT` in all.

    Towards the apex the wall and the cavity get smaller; the lesion is largest about the middle. Not every slice
    holds every tissue. n_slices: at least 4. Returns a `Phantom` a slice. Raises ValueError as `left_ventricle`.
    """
    _check(size, noise)
    if n_slices < 4:
        raise ValueError(f"a ventricle must have at least 4 slices, got {n_slices}")
    rng = np.random.default_rng([seed, n_slices])
    level, middle = (np.arange(n_slices) + 0.5) / n_slices, rng.uniform(0.35, 0.65)
    wall, cavity = (np.sqrt(np.clip(1 - (share * level) ** 2, 0, None)) for share in (0.85, 1.1))
    lesion = np.sqrt(np.clip(1 - ((level - middle) / 0.5) ** 2, 1e-4, None))
    cuts = (Cut(wall=w, cavity=c, lesion=e) for w, c, e in zip(wall, cavity, lesion, strict=True))
    tissues = np.stack([anatomy(size, np.random.default_rng(seed), cut) for cut in cuts], axis=-1)
    image, labels, mask = _imaged(tissues, (1.0, 1.0, HEIGHT), noise, rng)
    return [Phantom(image=image[..., z], labels=labels[..., z], mask=mask[..., z]) for z in range(n_slices)]


def _check(size: int, noise: float) -> None:
    if size < 48 or noise < 0:
        raise ValueError(f"size must be at least 48 and noise not negative, got {size} and {noise}")


def _imaged(tissues: np.ndarray, lengths: tuple[float, ...], noise: float, rng: np.random.Generator) -> Phantom:
    """The image of tissues (*spatial); lengths: of their axes, as shares of the side of a slice."""
    labels = np.where(tissues <= len(TISSUES), tissues, 0)
    pixels = np.divide(tissues.shape, lengths)  # along the side of a slice, if they were as long as along the axis
    scanner = 0.8 * noise * DEVIATIONS.min(axis=0)  # (channels,)
    texture = np.sqrt((noise * _ALL_DEVIATIONS) ** 2 - np.minimum(scanner, noise * _ALL_DEVIATIONS) ** 2)
    channels = []
    for channel in range(len(CHANNELS)):
        mean, deviation = (
            gaussian_filter(table[tissues, channel], 0.005 * pixels, mode="nearest")  # the point spread
            for table in (_ALL_MEANS, texture)
        )
        value = mean + deviation * _smooth(0.008 * pixels, tissues.shape, rng)
        value *= np.exp(0.08 * _smooth(0.3 * pixels, tissues.shape, rng))  # the bias field
        real, imaginary = scanner[channel] * rng.standard_normal((2, *tissues.shape))
        channels.append(np.hypot(value + real, imaginary))
    return Phantom(image=np.stack(channels), labels=labels, mask=labels > 0)


def _smooth(widths: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Noise of mean 0 and standard deviation 1, correlated over so many pixels along each axis."""
    noise = gaussian_filter(rng.standard_normal(shape), widths, mode="reflect")
    return (noise - noise.mean()) / noise.std()
