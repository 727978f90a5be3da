"""What bad pixels and weights get, from fits and initialisers alike."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Spoil = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class Bad(NamedTuple):
    """spoil: makes it of pixels (M, *grid) and weights (*grid), all 1. message: pattern of the refusal.

    {channel} in the message is the last channel, {classes} their number.
    """

    name: str
    spoil: Spoil
    message: str

    def expected(self, n_channels: int, n_classes: int) -> str:
        """The pattern for so many channels and classes."""
        return self.message.replace("{channel}", f"{n_channels - 1}").replace("{classes}", f"{n_classes}")


def spoiled(pixels: np.ndarray, places: list[int], value: float) -> np.ndarray:
    """The pixels (M, *grid) with a value at some places of the last channel."""
    result = np.array(pixels)
    result[-1].flat[places] = value
    return result


def weighted(weights: np.ndarray, place: int, value: float, others: float = 1.0) -> np.ndarray:
    """Weights that are all the same but one."""
    result = np.full(weights.shape, others)
    result.flat[place] = value
    return result


BAD = (
    *(
        Bad(f"{value} inside", lambda x, w, v=value: (spoiled(x, [2, 5, 7], v), w), "channel {channel} has 3 ")
        for value in (np.nan, np.inf, -np.inf)
    ),
    Bad(
        "only what is inside counts",
        lambda x, w: (spoiled(x, [2, 5, 7], np.nan), weighted(w, 5, 0.0)),
        "channel {channel} has 2 ",
    ),
    Bad(
        "fewer pixels than classes, in the words of scikit-learn; one of weight 3 is one pixel",
        lambda x, w: (x, weighted(w, 4, 3.0, others=0.0)),
        "Expected n_samples >= n_components but got n_components = {classes}, n_samples = 1",
    ),
    Bad("empty mask", lambda x, w: (x, 0 * w), "mask is empty"),
    *(
        Bad(
            f"a weight of {value}",
            lambda x, w, v=value: (x, weighted(w, 0, v)),
            "weights must be finite and not negative",
        )
        for value in (-1.0, np.nan, np.inf)
    ),
    Bad("hidden pixels", lambda x, w: (np.ma.masked_array(x, x > x.mean()), w), "masked array .* hides"),
    Bad("hidden weights", lambda x, w: (x, np.ma.masked_array(w, w.cumsum() < 3)), "masked array .* hides 2 of"),
    Bad("shapes that do not match", lambda x, w: (x, w[..., :-2]), r"\(.*\).*\(.*\)"),
)
