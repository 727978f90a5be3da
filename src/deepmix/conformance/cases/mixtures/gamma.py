"""Gamma distributions [NG6]."""

from collections.abc import Iterator

from ..case import Case
from . import _families

OPERATIONS = _families.operations(
    "gamma", {"log_density": ("NG6",), "estimate": ("NG6",)}, gradients=("shapes", "rates"), slope=("NG1",)
)


def cases(dtype: str) -> Iterator[Case]:
    """What all families have."""
    yield from _families.functions("gamma", words={"shapes": ("each", "fixed")})
    yield from _families.starts("gamma")
