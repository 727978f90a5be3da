"""About how long a segmentation takes: told before the work, which may take seconds or hours."""

import math

import numpy as np

from deepmix.reference.deep_mixtures.tiling import boxes

from .choice import candidates as tried
from .distributions import AUTO, DistributionSettings
from .methods import METHODS
from .patches import n_sweeps, of_patches
from .sampling import MOST
from .settings import Settings
from .slices import AGAIN
from .starts import n_starts

# µs of a step of the network, per pixel that it sees and filter of the first level, by its dimension.
STEP = {2: 0.25, 3: 0.3}
LOOK = 1 / 3  # of a step: what a patch takes whose proportions are looked at
TRIED_BY = "gmm"  # the method by which distributions and numbers of classes are tried
TRIED = 0.07  # µs of a GMM that is tried, per pixel and K²: with more classes EM takes more steps, too
LONG = 30.0  # seconds from which on the user is told
COARSER = 4  # times: the coarser grid that is offered instead


def said(image: np.ndarray, mask: np.ndarray | None, settings: Settings, candidates: range) -> str | None:
    """The result of `seconds` in words; None if it is short, or for the reference, which is not made for speed."""
    if settings.backend == "reference":
        return None
    coarser = COARSER * settings.shrink
    wanted, less = (seconds(image, mask, settings, shrink, candidates) for shrink in (settings.shrink, coarser))
    if wanted < LONG:
        return None
    return f"{settings.method}: {_words(wanted)} or so on two cores; --shrink {coarser}: {_words(less)}"


def seconds(
    image: np.ndarray, mask: np.ndarray | None, settings: Settings, shrink: int, candidates: range
) -> float:
    """Seconds of a method on two cores, once it is compiled; measured: between a third and three times as many.

    image: (M, H, W[, D]). mask: (H, W[, D]), the pixels that count; None: all. shrink: instead of the settings'.
    candidates: numbers of classes to choose from, if several.
    """
    volume = np.broadcast_to(True, image.shape[1:]) if mask is None else mask
    volume = np.atleast_3d(volume)[..., slice(*settings.slices or (None, None))]
    n_pixels = np.count_nonzero(volume) / shrink**2
    deep = METHODS[settings.method].deep
    method = settings.guidance.guide if deep else settings.method
    drawn, of_channels = min(n_pixels, MOST), (1 + len(image)) / 4  # measured with three channels, three classes
    begun, of_classes = n_starts(settings.mixture) * drawn, of_channels * settings.n_components / 3

    def fitted(method: str, effort: float) -> float:
        pace = METHODS[method].pace
        return effort * (pace.drawn * begun + pace.pixel * n_pixels) * of_classes

    spent = fitted(method, settings.densities.effort)
    if settings.densities.distribution == AUTO:
        spent += sum(fitted(TRIED_BY, DistributionSettings(distribution=name).effort) for name in tried(settings))
    if len(candidates) > 1:
        squares = sum(k**2 for k in candidates)
        spent += TRIED * settings.densities.effort * (begun + n_pixels) * of_channels * squares
    if deep:
        margin = 2 * settings.margin * shrink
        sides = [min(volume.any(axis=(1 - axis, 2)).sum() + margin, volume.shape[axis]) for axis in (0, 1)]
        n_slices = int(volume.any(axis=(0, 1)).sum())
        seen, n_steps = math.prod(sides) / shrink**2, float(_steps(n_slices, settings))
        if settings.dimension == 3:
            slices = min(n_slices + 2 * settings.margin, volume.shape[2])
            extents = (*(math.ceil(side / shrink) for side in sides), slices)
            seen, n_steps = _in_patches(extents, settings)
        spent += STEP[settings.dimension] * seen * settings.network.filters * n_steps
    return spent / 1e6


def _steps(n_slices: int, settings: Settings) -> int:
    """Steps of all networks together; each slice but the first may start from the network beside it."""
    warm, follow, most = settings.guidance.warm_start, settings.guidance.follow, settings.optimization.max_steps
    others = min(AGAIN * follow, warm) + follow if follow else warm + most
    return warm + most + (n_slices - 1) * others


def _in_patches(extents: tuple[int, ...], settings: Settings) -> tuple[int, float]:
    """Pixels that the network of a volume sees in a step, and how many steps its sweeps take; see `in_patches`."""
    _, size = of_patches(extents, (1.0,) * 3, settings)
    n_patches = len(boxes(np.broadcast_to(True, tuple(np.maximum(extents, size))), size))
    if n_patches == 1:
        return math.prod(size), _steps(1, settings)
    warm, most = (n_sweeps(n, n_patches) for n in (settings.guidance.warm_start, settings.optimization.max_steps))
    return math.prod(size), n_patches * (warm + most + LOOK * (most + 1))


def _words(spent: float) -> str:
    """A duration in words, to one digit."""
    for unit, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
        if spent >= 1.5 * length:
            return f"{float(f'{spent / length:.1g}'):.0f} {unit}"
    return "a second"
