"""Student distributions [NG2], [NG3]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Student

from ..case import Case
from . import _families

KINDS = ("tied", "full")  # diagonals may be kept as such between `statistics` and `estimate`
OPERATIONS = (
    *_families.operations(
        "student", {"log_density": ("NG2",), "estimate": ("NG3",)}, gradients=("means", "covariances")
    ),
    Operation(
        name="squared_distances",
        equations=("NG2",),
        result=("distances", "log_dets"),
        notes={"distances": "(K, N)", "log_dets": "(K,)"},
        example=lambda shapes: {"mixture": _families.example(shapes, "student")},
    ),
    Operation(
        name="precisions",
        equations=("NG3",),
        result=("precisions",),
        notes={"precisions": "u (K, N)"},
        example=lambda shapes: {"mixture": _families.example(shapes, "student")},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """What all families have, then what is their own."""
    for kind in COVARIANCE_TYPES:
        given = _families.draw_family(f"precisions {kind}", "student", kind, m=3)  # of two log det Σ is near 0
        arguments = {"pixels": given.pixels, "mixture": given.mixture, "covariance_type": kind}
        yield Case(function="squared_distances", name=kind, arguments=arguments)
        yield Case(function="precisions", name=kind, arguments=arguments)
        if kind not in KINDS:
            yield Case(function="log_density", name=kind, arguments=arguments)
    far = arguments | {"pixels": given.pixels + 1e3}
    yield Case(function="precisions", name="far_away", arguments=far)
    yield Case(function="log_density", name="far_away", arguments=far)
    many = {"mixture": Student(**given.mixture._asdict() | {"degrees": np.array([200.0, 1.0, 1e8])})}
    yield Case(function="log_density", name="few_and_many_degrees", arguments=arguments | many)
    yield from _families.functions("student", KINDS, {"degrees": ("each", "shared", "fixed")})
    yield from _families.starts("student", COVARIANCE_TYPES)
