"""To a coarser grid, when the image's own takes too long or too much memory, and back from it.

Only within slices: the number of slices stays. Images are (M, H, W, D), masks (H, W, D) bool; a block has `factor`
pixels per side, fewer at the far borders.
"""

import numpy as np


def shrunk(volume: np.ndarray, mask: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over blocks (M, h, w, D), and which blocks count (h, w, D).

    A block counts if any of its pixels does, and its mean is over such pixels alone.
    """
    if factor == 1:
        return volume, mask
    counted = _sums(mask, factor)
    inside = counted > 0
    coarse = np.empty((len(volume), *inside.shape), volume.dtype)
    weight = np.where(inside, counted, _sums(np.ones_like(mask), factor))
    for channel, mean in zip(volume, coarse, strict=True):
        mean[...] = np.where(inside, _sums(np.where(mask, channel, 0), factor), _sums(channel, factor)) / weight
    return coarse, inside


def grown(maps: np.ndarray, inside: np.ndarray, mask: np.ndarray, factor: int) -> np.ndarray:
    """Maps (K, h, w, D) of the blocks that count, at the pixels of the image: linear between their centres.

    inside: (h, w, D) bool, the blocks that count; the others are ignored. mask: of the image. Returns
    (K, H, W, D), 0 outside the mask.
    """
    if factor == 1:
        return maps
    fine = np.zeros((len(maps), *mask.shape), maps.dtype)
    for z in range(mask.shape[2]):  # slice by slice: all at once would take as much memory again
        weight = _stretched(inside[..., z].astype(maps.dtype), mask.shape, factor)
        where = mask[..., z] & (weight > 0)
        for of_class, result in zip(maps[..., z], fine[..., z], strict=True):
            map_ = _stretched(np.where(inside[..., z], of_class, 0), mask.shape, factor)
            result[where] = map_[where] / weight[where]
    return fine


def covered(inside: np.ndarray, mask: np.ndarray, factor: int) -> np.ndarray:
    """The pixels of a mask (H, W, D) whose blocks (h, w, D) count."""
    if factor == 1:
        return inside
    height, width, _ = mask.shape
    return inside.repeat(factor, axis=0)[:height].repeat(factor, axis=1)[:, :width] & mask


def _sums(array: np.ndarray, factor: int) -> np.ndarray:
    """Sums over blocks, in float64."""
    for axis in (0, 1):
        array = np.add.reduceat(array, range(0, array.shape[axis], factor), axis=axis, dtype=float)
    return array


def _stretched(map_: np.ndarray, shape: tuple[int, ...], factor: int) -> np.ndarray:
    """A map (h, w) at the pixels of an image (H, W, …): linear between the centres of blocks, constant beyond."""
    for axis in (0, 1):
        starts = np.arange(0, shape[axis], factor)
        centres = (starts + np.minimum(starts + factor, shape[axis]) - 1) / 2
        at = np.interp(np.arange(shape[axis]), centres, np.arange(len(centres)))
        low = at.astype(int)
        share = (at - low).astype(map_.dtype).reshape((-1, 1) if axis == 0 else (1, -1))
        high = np.minimum(low + 1, len(centres) - 1)
        map_ = map_.take(low, axis) * (1 - share) + map_.take(high, axis) * share
    return map_
