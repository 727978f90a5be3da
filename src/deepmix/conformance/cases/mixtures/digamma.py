"""log y − ψ(y) and its inverse [NG1]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import relative

from ..case import Case

OPERATIONS = (
    Operation(
        name="log_minus_digamma",
        equations=("NG1",),
        result=("s",),
        rule=relative(2**10),  # the difference of log y and ψ(y) loses six bits at y = 20
        example=lambda shapes: {"y": shapes.array(shapes.k)},
    ),
    Operation(
        name="slope",
        equations=("NG1",),
        result=("slope",),
        rule=relative(2**12),  # and that of 1/y and ψ′(y) as many
        example=lambda shapes: {"y": shapes.array(shapes.k)},
    ),
    Operation(
        name="inverse",
        equations=("NG1",),
        result=("y",),
        rule=relative(2**10),
        static=("greatest",),
        notes={"s": "(any shape)"},
        example=lambda shapes: {"s": shapes.array(shapes.k), "greatest": 500.0},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Small, middling and large numbers, and those at the border of the series."""
    of = {"small": np.logspace(-3, 0, 7), "middling": np.linspace(1, 25, 9), "large": np.logspace(2, 6, 5)}
    for name, y in of.items():
        yield Case(function="log_minus_digamma", name=name, arguments={"y": y})
        yield Case(function="slope", name=name, arguments={"y": y})
    yield Case(
        function="log_minus_digamma", name="where_the_series_begins", arguments={"y": np.array([20.0, 20.5])}
    )
    s = np.logspace(-4, 3, 8)
    yield Case(function="inverse", name="one_after_another", arguments={"s": s, "greatest": 1e6})
    yield Case(
        function="inverse", name="none_but_the_cap", arguments={"s": np.array([0.0, -3.0]), "greatest": 500.0}
    )
    yield Case(
        function="inverse", name="more_than_the_cap", arguments={"s": np.array([1e-4, 2.0]), "greatest": 500.0}
    )
