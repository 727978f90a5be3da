"""Randomness is an input: the uniform numbers themselves, or the seed that stands for them."""

import numpy as np


def given_or_drawn(uniforms: np.ndarray | None, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """The given uniform numbers in [0, 1), or as many drawn from a seed.

    Returns float64 of the shape. Raises ValueError if those given have another shape.
    """
    if uniforms is None:
        return np.random.default_rng(seed).random(shape)
    if np.shape(uniforms) != shape:
        raise ValueError(f"uniforms must have the shape {shape}, got {np.shape(uniforms)}")
    return np.asarray(uniforms, dtype=float)
