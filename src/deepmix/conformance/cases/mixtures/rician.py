"""Rician distributions [NG4], [NG5]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures.records import Rician

from ..case import Case
from . import _families

OPERATIONS = (
    *_families.operations(
        "rician", {"log_density": ("NG4",), "estimate": ("NG5",)}, gradients=("signals", "variances")
    ),
    Operation(
        name="misalignment",
        equations=("NG5",),
        result=("misalignment",),
        notes={"misalignment": "1 − A (K, M, N)"},
        example=lambda shapes: {"mixture": _families.example(shapes, "rician")},
    ),
    Operation(
        name="correction",
        equations=("NG5",),
        result=("correction",),
        notes={"theta": "(any shape)"},
        example=lambda shapes: {"theta": shapes.array(shapes.k)},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """What all families have, then what is their own."""
    yield from _families.functions("rician", words={"noise": ("shared", "each")})
    yield from _families.starts("rician")
    x = np.array([[0.1, 1.0, 5.0, 20.0]])
    edges = {"no_signal": (0.0, 1.0), "little_noise": (10.0, 1e-3), "beyond_713": (1e3, 0.5)}
    for name, (signal, variance) in edges.items():
        mixture = Rician(proportions=np.ones(1), signals=np.array([[signal]]), variances=np.array([[variance]]))
        arguments = {"pixels": x + signal / 2, "mixture": mixture}
        yield Case(function="log_density", name=name, arguments=arguments)
        yield Case(function="misalignment", name=name, arguments=arguments)
    yield Case(
        function="correction", name="from_noise_to_signal", arguments={"theta": np.array([0.0, 0.1, 1.0, 5.0])}
    )
