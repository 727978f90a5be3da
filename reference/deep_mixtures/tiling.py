"""How patches of one size lie in an image, weigh their pixels and follow each other [DG7]."""

from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

SHARPNESS = 8  # a patch's side over the standard deviation of its weights, as in nnU-Net (Isensee et al. 2021)
GOLDEN = (5**0.5 - 1) / 2

Box = tuple[slice, ...]


class Seen(NamedTuple):
    """What a network found in a patch: its maps (K, *size)."""

    box: Box
    maps: np.ndarray


def boxes(mask: np.ndarray, size: tuple[int, ...]) -> list[Box]:
    """The patches of a size that hold a pixel of a mask (*spatial), no smaller than they; together they hold all.

    Along each axis the first begins at the image's first pixel, the last ends at its last one, and neighbours
    share half their pixels or more [DG7].
    """
    along = [_begins(extent, side) for extent, side in zip(mask.shape, size, strict=True)]
    every = (
        tuple(slice(first, first + side) for first, side in zip(begin, size, strict=True))
        for begin in product(*along)
    )
    return [box for box in every if mask[box].any()]


def in_turn(those: list[Box]) -> list[Box]:
    """The order of a sweep, in which patches that follow each other lie apart, if there are many [DG7].

    Of n patches the i-th is number i·s mod n, s the least number from n (√5 − 1)/2, rounded, on that shares no
    divisor with n.
    """
    n = len(those)
    stride = next(s for s in range(max(1, round(n * GOLDEN)), n + 2) if np.gcd(s, n) == 1)
    return [those[i * stride % n] for i in range(n)]


def weights(size: tuple[int, ...]) -> np.ndarray:
    """The weights g_B of a patch's pixels (*size): a Gaussian about its centre, σ an eighth of its side [DG7].

    At the border of a patch the network saw least round a pixel, and knows least.
    """
    result = np.ones(size)
    for axis, side in enumerate(size):
        away = (np.arange(side) - (side - 1) / 2) * SHARPNESS / side
        result *= np.expand_dims(np.exp(-(away**2) / 2), [other for other in range(len(size)) if other != axis])
    return result


def average(seen: Iterable[Seen], n_maps: int, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
    """The weighted average (K, *shape) of what was found in patches of one size; 0 where there is none [DG7]."""
    total, weight, of_patch = np.zeros((n_maps, *shape), dtype), np.zeros(shape, dtype), np.ones((), dtype)
    for box, maps in seen:
        if of_patch.shape != maps.shape[1:]:
            of_patch = weights(maps.shape[1:]).astype(dtype)
        total[:, *box] += of_patch * maps
        weight[box] += of_patch
    return np.divide(total, weight, out=total, where=weight > 0)


def _begins(extent: int, side: int) -> list[int]:
    """Where patches of a side begin along an axis: evenly spaced, rounded, ½ up."""
    free = extent - side
    steps = -(-free // max(side // 2, 1))
    return [(2 * k * free + steps) // (2 * steps) for k in range(steps + 1)] if steps else [0]
