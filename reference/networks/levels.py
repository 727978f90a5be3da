"""What a U-Net does along each axis, level by level [NN2]: nnU-Net's rule (Isensee et al. 2021)."""

import numpy as np

from .records import Levels, UNetConfig

SHORTEST = 4  # pixels that an axis keeps at least when it is halved


def plan(config: UNetConfig) -> Levels:
    """The levels of a network; fewer poolings than `config.depth` where no axis is left that can be halved [NN2].

    Raises ValueError unless spacing (and size) are two or three positive numbers.
    """
    spacing = np.array(config.spacing, float)
    size = np.full(len(spacing), np.inf) if config.size is None else np.array(config.size, float)
    _check(spacing, size)
    kernel = np.ones(len(spacing), int)
    kernels: list[tuple[int, ...]] = []
    factors: list[tuple[int, ...]] = []
    for _ in range(config.depth + 1):
        long = size >= 2 * SHORTEST
        several = size > 1
        finest = spacing[long if long.any() else several].min(initial=np.inf)
        near = spacing < 2 * finest
        kernel = np.where(near & several, 3, kernel)
        factor = np.where(near & long, 2, 1)
        kernels.append(tuple(kernel.tolist()))
        if len(factors) == config.depth or not long.any():
            break
        factors.append(tuple(factor.tolist()))
        spacing, size = spacing * factor, np.ceil(size / factor)
    multiples = np.prod(np.reshape(factors, (-1, len(spacing))), axis=0).astype(int)
    return Levels(kernels=tuple(kernels), factors=tuple(factors), multiples=tuple(multiples.tolist()))


def _check(spacing: np.ndarray, size: np.ndarray) -> None:
    if spacing.shape not in ((2,), (3,)) or not (spacing > 0).all():
        raise ValueError(f"spacing must be two or three positive numbers, got {tuple(spacing.tolist())}")
    if size.shape != spacing.shape or not (size >= 1).all():
        raise ValueError(f"size must be a number of pixels for each of {len(spacing)} axes, got {size.tolist()}")
