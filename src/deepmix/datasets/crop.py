"""Crops of slices or volumes of any size to one size, and back."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np


class Crop(NamedTuple):
    """A window of an image of two axes or three.

    start: its first pixel, negative where the window begins outside the image. size: of the window.
    shape: of the image.
    """

    start: tuple[int, ...]
    size: tuple[int, ...]
    shape: tuple[int, ...]

    def take(self, array: np.ndarray) -> np.ndarray:
        """The window (…, *size) of an array (…, *shape); 0 where it reaches outside the image."""
        in_image, in_window = self._common()
        window = np.zeros((*array.shape[: -len(self.size)], *self.size), array.dtype)
        window[in_window] = array[in_image]
        return window

    def give(self, window: np.ndarray) -> np.ndarray:
        """An array (…, *shape) that holds a window (…, *size) at its place, and 0 elsewhere."""
        in_image, in_window = self._common()
        array = np.zeros((*window.shape[: -len(self.size)], *self.shape), window.dtype)
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


def around(mask: np.ndarray, size: tuple[int, ...]) -> Crop:
    """The window of a size centred on the bounding box of a mask (*spatial).

    It is moved from there as little as possible so that it lies inside the image or, along an axis where it is
    longer than the image, holds all of it. Raises ValueError if the mask is empty or does not fit.
    """
    first, end = _box(mask)
    if (end - first > size).any():
        raise ValueError(f"the mask, {_by(end - first)} pixels, does not fit into a crop of {_by(size)}")
    spare = np.subtract(mask.shape, size)
    start = np.clip((first + end - size) // 2, np.minimum(spare, 0), np.maximum(spare, 0))
    return Crop(start=tuple(start.tolist()), size=size, shape=mask.shape)


def fitting(masks: Iterable[np.ndarray], multiple: int, margin: int = 0) -> tuple[int, ...]:
    """The smallest size, in multiples of a number, that holds each of the masks (*spatial).

    multiple: that number, 2^L of the network. margin: pixels round the bounding box, as far as the image has them.
    Raises ValueError if a mask is empty.
    """
    spans = []
    for mask in masks:
        first, end = _box(mask)
        spans.append(np.minimum(end + margin, mask.shape) - np.maximum(first - margin, 0))
    needed = -(-np.max(spans, axis=0) // multiple) * multiple
    return tuple(needed.tolist())


def _box(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first pixel and the end of a mask's bounding box, one number per axis each."""
    if not mask.any():
        raise ValueError("the mask is empty")
    occupied = np.argwhere(mask)
    return occupied.min(axis=0), occupied.max(axis=0) + 1


def _by(size: Iterable[int]) -> str:
    return "×".join(map(str, size))
