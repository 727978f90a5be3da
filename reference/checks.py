"""Checks of options and arrays that all subjects share."""

from typing import Any

import numpy as np

from .types import Array


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless the value of the option `name` is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


def check_unmasked(array: Array) -> None:
    """Raise ValueError for a masked array that hides values: without its mask, the hidden values would count."""
    if np.ma.is_masked(array):
        hidden = f"{np.ma.count_masked(array)} of {array.size} values"
        remedy = "fill it by .filled(), and say by a mask or weights what counts"
        raise ValueError(f"a masked array (numpy.ma) hides {hidden}; {remedy}")


def plain(array: Array, dtype: Any = None) -> np.ndarray:
    """The array as a plain NumPy array, in a dtype if one is given. Raises ValueError as `check_unmasked`."""
    check_unmasked(array)
    return np.asarray(array, dtype)


def inside(mask: Array) -> np.ndarray:
    """Where a mask of any dtype is not 0: bool, of the mask's shape. Raises ValueError as `plain`."""
    return plain(mask) != 0


def check_divisible(shape: tuple[int, ...], factor: int) -> None:
    """Raise ValueError unless every side of an image is a multiple of a factor."""
    if any(side % factor for side in shape):
        raise ValueError(f"every side of the image must be a multiple of {factor}, got {shape}; pad or crop it")
