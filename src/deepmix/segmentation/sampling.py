"""A share of a large image, on which starts and the β of a field are tried before the whole image is fitted.

The share represents the whole: the mask is cut into equal parts, and a pixel, or a block, is drawn from each.
"""

from itertools import product

import numpy as np

from .preparation import Job

MOST = 2**18  # pixels of a share; a smaller image is taken whole
# Pixels along a block of a flat image (True), or of a volume: many small blocks hit small classes, which few
# large ones miss. Fewer neighbours in small blocks move β by one step at most, where [SV6] is flat.
SIDES = {True: 16, False: 8}


def share(mask: np.ndarray, job: Job, blocks: bool) -> Job | None:
    """The job on a share of the pixels of a mask (H, W, D), with a mask of its own; None if the pixels are few.

    blocks: draw blocks, because neighbours count; else single pixels.
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
    """Blocks side by side, with a gap between them that does not count, so that blocks are not neighbours.

    They lie along the last axis of the image, because compiled loops run fast over long rows.
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
    """Indices below n, one drawn from each `step` of them in a row."""
    n_runs = max(1, int(n / step))
    drawn = np.random.default_rng(job.settings.seed).random(n_runs)
    return np.minimum(((np.arange(n_runs) + drawn) * step).astype(int), n - 1)
