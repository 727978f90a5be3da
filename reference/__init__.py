"""deepmix.reference: every algorithm as its pseudocode, in NumPy and SciPy, float64.

The equations, with the labels that the code cites, are in `README.md` beside this file. The modules are
imported when first used, so that the records and the checks do not bring SciPy in.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import (
        adamw,
        attention,
        clusterings,
        deep,
        distances,
        em,
        fcm,
        gaussian,
        gmm,
        hmrf,
        initialization,
        layers,
        losses,
        metrics,
        regularizers,
        surfaces,
        svgmm,
        training,
        types,
        unet,
    )

# Of the equations in README.md: what a change of them makes wrong must not pass for the same.
SPECIFICATION = "1.0"
DTYPES = ("float64",)

__all__ = [
    "DTYPES",
    "SPECIFICATION",
    "adamw",
    "attention",
    "clusterings",
    "deep",
    "distances",
    "em",
    "fcm",
    "gaussian",
    "gmm",
    "hmrf",
    "initialization",
    "layers",
    "losses",
    "metrics",
    "regularizers",
    "surfaces",
    "svgmm",
    "training",
    "types",
    "unet",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list({*globals(), *__all__})
