"""The strength of a regulariser from the noise [IP16]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import strength

from ..case import Case, generator
from .linear import FACTORISED

SHAPES = {"matrix": "(m, n)", "data": "(m,)"}


OPERATIONS = (
    Operation(
        name="misfit",
        equations=("IP16", "IP1"),
        result=("misfit",),
        notes=SHAPES | {"strength": "(any shape)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="discrepancy",
        equations=("IP16", "IP1"),
        result=("strength",),
        notes=SHAPES | {"noise": "(a variance)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="cross_validation",
        equations=("IP16", "IP1"),
        result=("scores",),
        notes=SHAPES | {"strength": "(any shape)"},
        not_exported=FACTORISED,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Tall and wide, real and complex; noise of every size."""
    rng = generator("strength")
    matrices = {
        "tall": draw_array(rng, (6, 3)),
        "wide": draw_array(rng, (3, 5)),
        "complex": draw_array(rng, (6, 3), True),
    }
    for name, matrix in matrices.items():
        given = {"matrix": matrix, "data": draw_array(rng, (len(matrix),), name == "complex")}
        for function in ("misfit", "cross_validation"):
            several = given | {"strength": np.array([[0.01, 0.1], [1.0, 10.0]])}
            yield Case(function=function, name=name, arguments=several)
            yield Case(function=function, name=f"{name}_one", arguments=given | {"strength": 0.3})
    yield Case(function="misfit", name="strength_0", arguments=given | {"strength": 0.0})
    data = draw_array(rng, (6,))
    matrix = matrices["tall"]
    least, most = strength.misfit(matrix, data, np.array([0.0, 1e9])) / 6
    noises = {"met": 0.6 * least + 0.4 * most, "beyond_reach": 0.9 * least, "met_by_all": 1.1 * most}
    for name, noise in noises.items():
        arguments = {"matrix": matrix, "data": data, "noise": float(noise)}
        yield Case(function="discrepancy", name=name, arguments=arguments)
