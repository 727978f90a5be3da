"""A volume in patches [DG7]: what the network of a job sees at a time, and its fit."""

from collections.abc import Iterable, Iterator
from types import ModuleType

import numpy as np

from deepmix.progress import OnProgress, Place
from deepmix.reference.deep_mixtures.records import DeepFit
from deepmix.reference.deep_mixtures.tiling import boxes
from deepmix.reference.networks.levels import plan
from deepmix.reference.networks.records import UNetConfig

from .settings import Settings
from .slices import Descent, View


def of_patches(
    extents: tuple[int, ...], spacing: tuple[float, ...], settings: Settings
) -> tuple[UNetConfig, tuple[int, ...]]:
    """The network for patches of a volume, and their size: as its poolings need, the whole volume if none is set.

    extents: pixels of the volume along each axis. spacing: their distances.
    """
    most = settings.patch or max(extents)
    wanted = tuple(min(most, extent) for extent in extents)
    unet = settings.unet(spacing, wanted)
    sides = zip(wanted, plan(unet).multiples, strict=True)
    return unet, tuple(-(-side // multiple) * multiple for side, multiple in sides)


def n_patches_of(weights: np.ndarray, size: tuple[int, ...]) -> int:
    """The number of patches of a size that a sweep over pixels of these weights (*spatial) takes."""
    return len(boxes(weights > 0, size))


def n_sweeps(n_steps: int, n_patches: int) -> int:
    """Sweeps that make at least so many steps, each on a patch."""
    return -(-n_steps // n_patches)


def in_patches(
    volumes: Iterable[View],
    descent: Descent,
    twin: ModuleType,
    progress: OnProgress | None,
    size: tuple[int, ...],
) -> Iterator[tuple[View, DeepFit]]:
    """Fits of volumes in patches of a size: as many steps as of whole ones, and those that end a sweep."""
    for each in volumes:
        yield each, _fit(each, descent, twin, progress, size)


def _fit(
    each: View, descent: Descent, twin: ModuleType, progress: OnProgress | None, size: tuple[int, ...]
) -> DeepFit:
    fits, usual = twin.deep_mixtures.patches, descent.optimization
    n_patches = n_patches_of(each.weights, size)
    n_warm = 0 if each.target is None else descent.n_warm
    warm, least, most = (n_sweeps(n, n_patches) for n in (n_warm, usual.min_steps, usual.max_steps))

    def tell(done: int, values: dict[str, float]) -> None:
        if progress is not None:
            progress(Place(part=0, n_parts=1, step=done, n_steps=(warm + most) * n_patches, values=values))

    parameters = descent.parameters
    if each.target is not None:
        parameters = fits.warm_start(
            each.image,
            parameters,
            each.target,
            each.weights,
            size=size,
            n_sweeps=warm,
            config=descent.model.unet,
            optimization=usual,
            progress=lambda done: tell(done, {}),
        )
    fit: DeepFit = fits.fit(
        each.image,
        parameters,
        each.weights,
        size=size,
        model=descent.model,
        optimization=usual._replace(  # the last sweep only looks
            min_steps=least, max_steps=most + 1, m_step_every=n_sweeps(usual.m_step_every, n_patches)
        ),
        mixture=descent.mixture,
        progress=lambda done, value: tell(warm * n_patches + done, {descent.measure: value}),
    )
    return fit
