"""How large the cases are that training takes: slices cropped to one size, volumes to no less than a patch."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from deepmix import datasets
from deepmix.datasets import LoadedCase
from deepmix.reference.networks.levels import plan

from .settings import TrainSettings

Cases = list[list[LoadedCase]]


class Sized(NamedTuple):
    """Cases and what the network sees of them.

    size: of a crop or a patch, in pixels. spacing: of the volumes, in mm; None: slices are taken as they are.
    """

    cases: Cases
    size: tuple[int, ...]
    spacing: tuple[float, ...] | None


def sized(cases: Cases, settings: TrainSettings) -> Sized:
    """The cases in the sizes that the settings ask for; see `DataSettings`. Raises ValueError if none fits."""
    return _BY_DIMENSION[settings.data.dimension](cases, settings)


def _crops(cases: Cases, settings: TrainSettings) -> Sized:
    """As set, as the layout says, or as every mask needs; the first two have been cropped when they were read."""
    if (settings.data.crop or cases[0][0].case.layout.size) is None:
        size = datasets.fitting((item.mask for case in cases for item in case), settings.multiple)
        cases = [[datasets.cropped(item, size) for item in case] for case in cases]
    height, width = cases[0][0].crop.size
    if height % settings.multiple or width % settings.multiple:
        raise ValueError(f"a crop of {height}×{width} is no multiple of 2^depth; choose another with --crop")
    return Sized(cases=cases, size=(height, width), spacing=None)


def _patches(cases: Cases, settings: TrainSettings) -> Sized:
    """Of the side that is set, or along an axis of as few pixels as the masks span and the poolings allow."""
    patch, spacing = settings.data.patch, datasets.usual(cases)
    assert patch is not None  # the settings have been checked
    span = datasets.fitting((item.mask for case in cases for item in case), 1)
    sides = np.minimum(span, patch)
    multiples = plan(settings.unet(spacing, tuple(sides.tolist()))).multiples
    size = tuple((-(-sides // multiples) * multiples).tolist())
    return Sized(cases=[[_held(item, size) for item in case] for case in cases], size=size, spacing=spacing)


def _held(item: LoadedCase, size: tuple[int, ...]) -> LoadedCase:
    """An item cropped to its mask, but to no less than a size; what the image lacks is outside the mask."""
    needed = np.maximum(datasets.fitting([item.mask], 1), size)
    return datasets.cropped(item, tuple(needed.tolist()))


_BY_DIMENSION: dict[int, Callable[[Cases, TrainSettings], Sized]] = {2: _crops, 3: _patches}
