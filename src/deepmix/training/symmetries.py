"""The augmentation of volumes: symmetries of their patches, and noise; no interpolation, which takes long."""

from itertools import permutations, product
from typing import Any

import numpy as np

from deepmix.datasets.volumes import alike

from .augmentation import NOISE
from .items import Item

Orders = tuple[tuple[int, ...], ...]


def orders(size: tuple[int, ...], spacing: tuple[float, ...]) -> Orders:
    """The orders of the axes in which a patch has the same pixels: axes of one length and spacing change places.

    In a square plane, they and the flips make all turns by 90°.
    """
    axes = tuple(range(len(size)))
    same = {(a, b) for a, b in product(axes, axes) if size[a] == size[b] and alike([spacing[a]], [spacing[b]])}
    return tuple(order for order in permutations(axes) if same.issuperset(enumerate(order)))


def changed(item: Item, rng: np.random.Generator, orders: Orders) -> Item:
    """Draw and apply an order of the axes, all of them equally likely, flips of probability ½, and noise."""
    order = orders[rng.integers(len(orders))]
    from_end = [axis - len(order) for axis in order]
    flips: tuple[Any, ...] = (..., *(slice(None, None, step) for step in rng.choice([-1, 1], len(order))))
    image, mask, truth = (
        np.ascontiguousarray(np.moveaxis(array, from_end, sorted(from_end))[flips]) for array in item
    )
    noise = rng.uniform(0, NOISE) * rng.normal(size=image.shape)
    return Item(image=(image + noise).astype(image.dtype), mask=mask, truth=truth)
