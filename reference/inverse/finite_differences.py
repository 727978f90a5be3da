"""Forward differences and their adjoint [IP6]."""

import numpy as np


def gradient(image: np.ndarray) -> np.ndarray:
    """∇x: forward differences along every axis, 0 at its end [IP6].

    image: (*spatial), real or complex, in any unit a pixel. Returns (axes, *spatial).
    """
    ahead = [np.concatenate([image, image.take([-1], axis)], axis) for axis in range(image.ndim)]
    return np.stack([np.diff(each, axis=axis) for axis, each in enumerate(ahead)])


def adjoint(field: np.ndarray) -> np.ndarray:
    """∇*p, minus the divergence [IP6]: backward differences of −p, whose last entries along the axis do not count.

    field: p (axes, *spatial). Returns (*spatial).
    """
    inner = [np.delete(each, -1, axis) for axis, each in enumerate(field)]
    padded = [np.pad(each, _both(axis, each.ndim)) for axis, each in enumerate(inner)]
    return -np.sum([np.diff(each, axis=axis) for axis, each in enumerate(padded)], axis=0)


def _both(axis: int, n_axes: int) -> list[tuple[int, int]]:
    """One more at both ends of an axis."""
    return [(1, 1) if each == axis else (0, 0) for each in range(n_axes)]
