"""Patches of volumes: boxes of one size round pixels of the mask, which is all of a volume that training sees."""

import numpy as np

from .items import Item

TRIES = 4  # a patch at the rim of the mask may hold little of it; the first that holds enough is taken


def drawn(item: Item, rng: np.random.Generator, size: tuple[int, ...]) -> Item:
    """A patch of a volume, as far as the volume goes round a pixel of its mask; all such pixels are as likely.

    It holds at least half as many pixels of the mask as the fullest of `TRIES` patches. size: no larger than the
    volume.
    """
    centres = rng.choice(np.flatnonzero(item.mask), TRIES)
    tried = [_patch(item, centre, size) for centre in centres]
    filled = [patch.mask.sum() for patch in tried]
    return next(patch for patch, count in zip(tried, filled, strict=True) if 2 * count >= max(filled))


def middle(item: Item, size: tuple[int, ...]) -> Item:
    """The patch round the pixel of the mask nearest to its centre of mass; the item, if it is no larger."""
    occupied = np.argwhere(item.mask)
    away = ((occupied - occupied.mean(axis=0)) ** 2).sum(axis=1)
    centre = np.ravel_multi_index(tuple(occupied[away.argmin()]), item.mask.shape)
    return _patch(item, int(centre), size)


def _patch(item: Item, centre: int, size: tuple[int, ...]) -> Item:
    """The patch round a pixel, by its number in the flattened volume, moved as little as lies in the volume."""
    shape = item.mask.shape
    begin = np.array(np.unravel_index(centre, shape)) - np.array(size) // 2
    begin = np.clip(begin, 0, np.subtract(shape, size))
    box = tuple(slice(first, first + side) for first, side in zip(begin, size, strict=True))
    return Item(image=item.image[:, *box], mask=item.mask[box], truth=item.truth[box])
