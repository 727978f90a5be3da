"""deepmix.reference: every algorithm as its pseudocode, in NumPy and SciPy, float64.

The equations, with the labels that the code cites, are in `README.md` beside this file.
"""

from . import (
    adamw,
    deep,
    em,
    gaussian,
    gmm,
    initialization,
    layers,
    metrics,
    regularizers,
    svgmm,
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
    "deep",
    "em",
    "gaussian",
    "gmm",
    "initialization",
    "layers",
    "metrics",
    "regularizers",
    "svgmm",
    "types",
    "unet",
]
