"""How far a long computation has come: the one callback of segmentation and training."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """How far a computation has come that goes through its parts (slices, epochs) one after the other.

    part, n_parts: how many parts are done, and how many there are. step, n_steps: how many steps of the next part
    are done, and how many it has at most. values: the latest values by name, such as "NLL".
    """

    part: int
    n_parts: int
    step: int
    n_steps: int
    values: Mapping[str, float]


OnProgress = Callable[[Place], None]
