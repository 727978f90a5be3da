"""From the output of a program to the result: without padding, with the history and the status on the host."""

from typing import Any

import numpy as np

from deepmix.reference.types import Status


def unpacked(solved: Any, n_pixels: int | None = None, *along: str) -> Any:
    """A fit whose history ends where the loop did.

    solved: a record with history (NaN after the end) and status. along: names of fields whose last axis is the
    pixels; their first `n_pixels` entries are not padding.
    """
    status = Status(int(solved.status))
    whole = {name: without_padding(getattr(solved, name), n_pixels) for name in along}
    return solved._replace(history=ended(solved.history, status), status=status, **whole)


def without_padding(array: Any, n_pixels: int | None) -> Any:
    """The first entries along the last axis; if there are more, a view on the host.

    A slice on the device would be compiled again for each length, and be a second copy of the whole array.
    """
    return array if n_pixels in (None, array.shape[-1]) else np.asarray(array)[..., :n_pixels]


def ended(history: Any, status: Status) -> np.ndarray:
    """The history up to its end: its finite values, and a last one that is not finite if it ended the loop."""
    found = np.asarray(history)
    return found[: int(np.isfinite(found).sum()) + (status == Status.non_finite)]
