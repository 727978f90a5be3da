"""Projections and soft-thresholding [IP7]."""

import numpy as np


def soft_threshold(array: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    """v·max(1−τ/|v|, 0), the proximal map of τ|·| [IP7]; of complex numbers it shrinks the modulus.

    array: v, of any shape. threshold: τ ≥ 0, a number or of a shape that goes with it.
    """
    size = np.abs(array)
    return array * np.where(size > threshold, (size - threshold) / np.where(size > 0, size, 1), 0)


def project_box(
    array: np.ndarray, lower: float | np.ndarray | None, upper: float | np.ndarray | None
) -> np.ndarray:
    """The nearest array within bounds [IP7].

    array: real. lower, upper: numbers, or of its shape; None: no bound.
    """
    return np.clip(array, lower, upper)


def project_balls(field: np.ndarray, radius: float) -> np.ndarray:
    """p/max(1, |p|/r), with |p| over the first axis: each vector onto the ball [IP7].

    field: (axes, *spatial), real or complex. radius: r ≥ 0.
    """
    return _shortened(field, np.sqrt((np.abs(field) ** 2).sum(axis=0)), radius)


def project_discs(field: np.ndarray, radius: float) -> np.ndarray:
    """p/max(1, |p|/r), number by number: real ones onto the interval, complex ones onto the disc [IP7].

    field: of any shape, real or complex. radius: r ≥ 0.
    """
    return _shortened(field, np.abs(field), radius)


def _shortened(field: np.ndarray, size: np.ndarray, radius: float) -> np.ndarray:
    return field * np.where(size > radius, radius / np.where(size > 0, size, 1), 1)
