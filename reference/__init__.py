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

__all__ = [
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
