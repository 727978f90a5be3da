"""Poisson distributions [NG8]."""

from collections.abc import Iterator

from ..case import Case
from . import _families

OPERATIONS = _families.operations("poisson", {"log_density": ("NG8",), "estimate": ("NG8",)}, gradients=("rates",))


def cases(dtype: str) -> Iterator[Case]:
    """What all families have."""
    yield from _families.functions("poisson")
    yield from _families.starts("poisson")
