"""A volume that is larger than what a network was trained on: windows that overlap by half, and their average."""

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

import numpy as np

SHARPNESS = 8  # a window's side over the standard deviation of its weights, as in nnU-Net (Isensee et al. 2021)

Box = tuple[slice, ...]


class Seen(NamedTuple):
    """What a network found in a window: its maps (K, *size)."""

    box: Box
    maps: np.ndarray


def boxes(mask: np.ndarray, size: tuple[int, ...]) -> list[Box]:
    """The windows of a size that hold a pixel of a mask (*spatial), no smaller than they; together they hold all.

    Along each axis the first begins at the volume's first pixel, the last ends at its last one, and neighbours
    share half their pixels or more.
    """
    along = [_begins(extent, side) for extent, side in zip(mask.shape, size, strict=True)]
    every = (
        tuple(slice(first, first + side) for first, side in zip(begin, size, strict=True))
        for begin in product(*along)
    )
    return [box for box in every if mask[box].any()]


def weights(size: tuple[int, ...]) -> np.ndarray:
    """The weights of a window's pixels (*size): a Gaussian about its centre, 1 at most.

    At the border of a window the network saw least round a pixel, and knows least.
    """
    result = np.ones(size)
    for axis, side in enumerate(size):
        away = (np.arange(side) - (side - 1) / 2) * SHARPNESS / side
        result *= np.expand_dims(np.exp(-(away**2) / 2), [other for other in range(len(size)) if other != axis])
    return result


def average(seen: Iterable[Seen], n_maps: int, shape: tuple[int, ...]) -> np.ndarray:
    """The weighted average (K, *shape) of what was found in windows of one size; 0 where there is no window."""
    total, weight, of_window = np.zeros((n_maps, *shape), np.float32), np.zeros(shape, np.float32), np.ones(())
    for box, maps in seen:
        if of_window.shape != maps.shape[1:]:
            of_window = weights(maps.shape[1:])
        total[:, *box] += of_window * maps
        weight[box] += of_window
    return np.divide(total, weight, out=total, where=weight > 0)


def _begins(extent: int, side: int) -> list[int]:
    """Where windows of a side begin along an axis."""
    steps = -(-(extent - side) // max(side // 2, 1))
    return np.linspace(0, extent - side, steps + 1).round().astype(int).tolist()
