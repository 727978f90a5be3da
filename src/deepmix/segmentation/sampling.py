"""A share of a large image, on which starts, and the strength of a field, are tried before all of it is fitted.

What is drawn stands for the whole: a pixel, or a block of pixels, from each of as many equal parts of the mask.
"""

from itertools import product

import numpy as np

from .preparation import Job

MOST = 2**18  # pixels of a share; an image that has no more is its own
# Pixels along a block of an image that is flat, or of a volume: many small blocks meet small classes, which few
# large ones miss; that they have fewer neighbours moves β by a step, where [SV6] is flat.
SIDES = {True: 16, False: 8}


def share(mask: np.ndarray, job: Job, blocks: bool) -> Job | None:
    """A job like this one on a share of the pixels of a mask (H, W, D), its own mask; None if these are few.

    blocks: whether neighbours have a say, so that they come along; else pixels come one by one.
    """
    n_pixels = int(mask.sum())
    if n_pixels <= MOST:
        return None
    return (_of_blocks if blocks else _of_pixels)(mask, job, n_pixels / MOST)


def _of_pixels(mask: np.ndarray, job: Job, step: float) -> Job:
    chosen = np.flatnonzero(mask)
    chosen = chosen[_one_of_each(len(chosen), step, job)]
    volume = job.volume.reshape(len(job.volume), -1)[:, chosen]
    return job._replace(volume=volume[:, :, None, None], mask=np.ones((len(chosen), 1, 1), bool))


def _of_blocks(mask: np.ndarray, job: Job, step: float) -> Job:
    """Blocks side by side, with a gap between them that does not count: no neighbours across it.

    They lie along the last axis of the image, over whose rows compiled loops run fast when they are long.
    """
    along = 1 if job.flat else 2
    sides = [min(SIDES[job.flat], length) for length in mask.shape]
    corners = product(*(range(0, length, side) for length, side in zip(mask.shape, sides, strict=True)))
    boxes = [tuple(slice(at, at + side) for at, side in zip(corner, sides, strict=True)) for corner in corners]
    boxes = [box for box in boxes if mask[box].any()]
    chosen = [boxes[i] for i in _one_of_each(len(boxes), step, job)]
    step_along = sides[along] + 1
    lengths = [len(chosen) * step_along if axis == along else side for axis, side in enumerate(sides)]
    volume = np.zeros((len(job.volume), *lengths), job.volume.dtype)
    inside = np.zeros(lengths, bool)
    for i, box in enumerate(chosen):
        begin = [i * step_along if axis == along else 0 for axis in range(3)]
        place = tuple(slice(at, at + n) for at, n in zip(begin, mask[box].shape, strict=True))
        volume[:, *place], inside[place] = job.volume[:, *box], mask[box]
    return job._replace(volume=volume, mask=inside)


def _one_of_each(n: int, step: float, job: Job) -> np.ndarray:
    """Indices below n, one drawn from each run of `step` of them."""
    n_runs = max(1, int(n / step))
    drawn = np.random.default_rng(job.settings.seed).random(n_runs)
    return np.minimum(((np.arange(n_runs) + drawn) * step).astype(int), n - 1)
