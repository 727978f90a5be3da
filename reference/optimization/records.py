"""The records of optimisers."""

from typing import NamedTuple

from ..types import Array, Tree


class AdamWState(NamedTuple):
    """Steps taken, and the running first and second moments of the gradient [U5]."""

    count: Array
    m: Tree
    v: Tree
