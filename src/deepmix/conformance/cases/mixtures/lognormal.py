"""Log-normal distributions [NG7]."""

from collections.abc import Iterator

from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES

from ..case import Case
from . import _families

OPERATIONS = _families.operations(
    "lognormal",
    {"log_density": ("NG7",), "estimate": ("NG7", "G2")},
    gradients=("means", "covariances"),
    by_sums=False,
)


def cases(dtype: str) -> Iterator[Case]:
    """What all families have."""
    yield from _families.functions("lognormal", COVARIANCE_TYPES)
    yield from _families.starts("lognormal", COVARIANCE_TYPES)
