"""How far a long computation has come: the one callback of segmentation and training."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """Where a computation stands that goes through its parts (slices, epochs) one after the other.

    part, n_parts: how many are done, and how many there are. step, n_steps: how many steps of the next one are
    done, and how many it has at most. values: what is known so far, by name, such as "NLL".
    """

    part: int
    n_parts: int
    step: int
    n_steps: int
    values: Mapping[str, float]


OnProgress = Callable[[Place], None]
