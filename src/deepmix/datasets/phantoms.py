"""Images with known truth."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

TISSUES = ("blood", "myocardium", "oedema", "scar")  # labels 1 … 4
CHANNELS = ("bSSFP", "LGE", "T2")

# Intensities read off a real case, (tissue, channel): means and standard deviations.
MEANS = np.array([[855.0, 886, 123], [425, 208, 357], [534, 496, 564], [582, 945, 639]])
DEVIATIONS = np.array([[176.0, 232, 152], [132, 143, 77], [107, 231, 77], [126, 328, 96]])

# The same by label (0: unused) and for what surrounds the ventricle: the blood of the right one, and (plausible
# numbers, not read off) lung, muscle and liver, fat.
_RIGHT_BLOOD, _LUNG, _MUSCLE, _FAT = 5, 6, 7, 8
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
    if size < 48 or noise < 0:
        raise ValueError(f"size must be at least 48 and noise not negative, got {size} and {noise}")
    rng = np.random.default_rng(seed)
    tissues = _anatomy(size, rng)
    labels = np.where(tissues <= len(TISSUES), tissues, 0)
    scanner = 0.8 * noise * DEVIATIONS.min(axis=0)  # (channels,)
    texture = np.sqrt((noise * _ALL_DEVIATIONS) ** 2 - np.minimum(scanner, noise * _ALL_DEVIATIONS) ** 2)
    channels = []
    for channel in range(len(CHANNELS)):
        mean, deviation = (
            gaussian_filter(table[tissues, channel], 0.005 * size, mode="nearest")  # the point spread
            for table in (_ALL_MEANS, texture)
        )
        value = mean + deviation * _smooth(0.008 * size, size, rng)
        value *= np.exp(0.08 * _smooth(0.3 * size, size, rng))  # the bias field
        real, imaginary = scanner[channel] * rng.standard_normal((2, size, size))
        channels.append(np.hypot(value + real, imaginary))
    return Phantom(image=np.stack(channels), labels=labels, mask=labels > 0)


def _anatomy(size: int, rng: np.random.Generator) -> np.ndarray:
    """(size, size) int: the tissue of each pixel; anterior is up, the right ventricle on the left."""
    down, right = (np.indices((size, size)) + 0.5) / size - 0.5
    tissues = np.full((size, size), _LUNG)
    chest = _inside(down, right, (0.05, -0.12), (0.62, 0.46), rng)
    tissues[~chest & (right < 0.12)] = _FAT
    tissues[_inside(down, right, (0.62, -0.2), (0.32, 0.5), rng)] = _MUSCLE  # the liver
    tissues[_inside(down, right, (0.0, -0.03), (0.29, 0.35), rng)] = _FAT  # round the heart
    tissues[_inside(down, right, (0.0, -0.1), (0.24, 0.245), rng)] = _MUSCLE  # the free wall
    tissues[_inside(down, right, (0.0, -0.1), (0.225, 0.23), rng)] = _RIGHT_BLOOD

    # Within the wall: the angle from its centre, and the depth from 0 at the cavity to 1 outside.
    y, x = down, right - 0.07
    angle, radius = np.arctan2(y, x), np.hypot(y, x)
    outer = 0.235 * _wobble(angle, 0.06, rng)
    inner = 0.13 * _wobble(angle, 0.12, rng)
    depth = (radius - inner) / (outer - inner)
    middle = rng.uniform(-np.pi, np.pi)
    away = np.abs(np.angle(np.exp(1j * (angle - middle))))
    half_width = rng.uniform(1.1, 1.4)
    oedema = away < half_width * _wobble(depth, 0.05, rng)
    reach = 0.7 * np.sqrt(np.clip(1 - (away / (0.75 * half_width)) ** 2, 0, None))  # deepest in the middle
    scar = depth < reach * _wobble(4 * angle, 0.08, rng)
    wall = (depth >= 0) & (depth < 1)
    tissues[depth < 0] = 1
    tissues[wall] = 2
    tissues[wall & oedema] = 3
    tissues[wall & oedema & scar] = 4
    return tissues


def _inside(
    down: np.ndarray,
    right: np.ndarray,
    centre: tuple[float, float],
    radii: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """The inside of a wobbling ellipse; centre and radii are (down, right)."""
    y, x = (down - centre[0]) / radii[0], (right - centre[1]) / radii[1]
    return np.hypot(y, x) < _wobble(np.arctan2(y, x), 0.02, rng)


def _wobble(angle: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """1 plus a few low Fourier modes of an angle with random weights of that size and random phases."""
    modes = np.array([2, 3, 5])
    weights, phases = amount * rng.standard_normal(3) / modes, rng.uniform(0, 2 * np.pi, 3)
    return 1 + sum(w * np.cos(n * angle + phase) for n, w, phase in zip(modes, weights, phases, strict=True))


def _smooth(width: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """(size, size) noise of mean 0 and standard deviation 1, correlated over `width` pixels."""
    noise = gaussian_filter(rng.standard_normal((size, size)), width, mode="reflect")
    return (noise - noise.mean()) / noise.std()
