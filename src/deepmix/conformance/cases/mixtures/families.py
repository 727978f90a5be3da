"""What all families of distributions share: the start, and the floor [EM1], [EM3], [G3]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures import initialization
from deepmix.reference.mixtures.families import FAMILIES

from ..case import Case
from . import _families

OPERATIONS = (
    Operation(
        name="begin",
        equations=("EM1", "EM3"),
        result=("mixture",),
        notes={"gaussians": "(a mixture of Gaussians)"},
        not_exported="a start, made once",
    ),
    Operation(name="floor", equations=("G3",), result=("floor",)),
)


def cases(dtype: str) -> Iterator[Case]:
    """A start and a floor of every family; of one all pixels count alike."""
    for family in FAMILIES:
        given = _families.draw_family("begin", family, weights="ones" if family == "gamma" else "reals")
        gaussians = initialization.from_labels(given.pixels, np.arange(_families.N) % 3, 3, given.weights)
        inputs = {"pixels": given.pixels, "weights": given.weights, "family": family}
        yield Case(function="begin", name=family, arguments=inputs | {"gaussians": gaussians})
        yield Case(function="floor", name=family, arguments=inputs)
