"""The images of the jobs: balls, or discs, one inside the other, with noise; their classes are known."""

import numpy as np

NOISE = 0.5
N_CLASSES = 3


def balls(shape: tuple[int, ...], n_channels: int) -> tuple[np.ndarray, np.ndarray]:
    """An image (M, *shape) float32, whose channels alternate in sign, and its classes 1 … 3 (*shape)."""
    axes = [np.linspace(-1, 1, length, dtype=np.float32) ** 2 for length in shape]
    radius = np.sqrt(sum(np.ix_(*axes)))
    truth = (1 + (radius < 0.8).astype(np.uint8) + (radius < 0.4)).astype(np.uint8)
    image = np.random.default_rng(0).standard_normal((n_channels, *shape), dtype=np.float32)
    image *= NOISE
    for m, channel in enumerate(image):
        channel += truth * (-1.0) ** m
    return image, truth
