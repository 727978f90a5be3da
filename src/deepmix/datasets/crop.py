"""Crops of slices of any size to one size, and back."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np


class Crop(NamedTuple):
    """A window of a 2-D image.

    start: its first pixel, negative where the window begins outside the image. size: of the window.
    shape: of the image.
    """

    start: tuple[int, int]
    size: tuple[int, int]
    shape: tuple[int, int]

    def take(self, array: np.ndarray) -> np.ndarray:
        """The window (…, h, w) of an array (…, H, W); 0 where it reaches outside the image."""
        in_image, in_window = self._common()
        window = np.zeros((*array.shape[:-2], *self.size), array.dtype)
        window[in_window] = array[in_image]
        return window

    def give(self, window: np.ndarray) -> np.ndarray:
        """An array (…, H, W) that holds a window (…, h, w) at its place, and 0 elsewhere."""
        in_image, in_window = self._common()
        array = np.zeros((*window.shape[:-2], *self.shape), window.dtype)
        array[in_image] = window[in_window]
        return array

    def _common(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The pixels that image and window share, as an index of the image and one of the window."""
        spans = [
            (start, *np.clip((start, start + size), 0, extent))
            for start, size, extent in zip(self.start, self.size, self.shape, strict=True)
        ]
        in_image = (..., *(slice(first, end) for _, first, end in spans))
        return in_image, (..., *(slice(first - start, end - start) for start, first, end in spans))


def around(mask: np.ndarray, size: tuple[int, int]) -> Crop:
    """The window of a size centred on the bounding box of a mask (H, W).

    It is moved from there as little as possible so that it lies inside the image or, along an axis where it is
    longer than the image, holds all of it. Raises ValueError if the mask is empty or does not fit.
    """
    first, end = _box(mask)
    if (end - first > size).any():
        raise ValueError(f"the mask, {_by(end - first)} pixels, does not fit into a crop of {_by(size)}")
    spare = np.subtract(mask.shape, size)
    down, right = np.clip((first + end - size) // 2, np.minimum(spare, 0), np.maximum(spare, 0))
    return Crop(start=(int(down), int(right)), size=size, shape=mask.shape)


def fitting(masks: Iterable[np.ndarray], multiple: int, margin: int = 0) -> tuple[int, int]:
    """The smallest size (h, w), in multiples of a number, that holds each of the masks (H, W).

    multiple: that number, 2^L of the network. margin: pixels round the bounding box, as far as the image has them.
    Raises ValueError if a mask is empty.
    """
    needed = np.zeros(2, int)
    for mask in masks:
        first, end = _box(mask)
        needed = np.maximum(needed, np.minimum(end + margin, mask.shape) - np.maximum(first - margin, 0))
    height, width = -(-needed // multiple) * multiple
    return int(height), int(width)


def _box(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first pixel and the end of a mask's bounding box, (2,) each."""
    if not mask.any():
        raise ValueError("the mask is empty")
    occupied = np.argwhere(mask)
    return occupied.min(axis=0), occupied.max(axis=0) + 1


def _by(size: Iterable[int]) -> str:
    return "×".join(map(str, size))
