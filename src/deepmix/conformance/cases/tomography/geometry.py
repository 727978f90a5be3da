"""Geometries [CT0] and the rays of fans [CT8]."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.operation import Operation

from ..case import Case
from . import _scans

SIZES: dict[str, Any] = {"angles": np.linspace(0, 3, 5), "height": 3, "width": 4, "n_detectors": 8}
FAN: dict[str, Any] = {"source_to_axis": 20.0, "source_to_detector": 35.0}
OTHER = {"pixel_spacing": 0.7, "detector_spacing": 1.9, "shift": -0.3}
SHAPES = {"angles": "(n,)"}
OPERATIONS = (
    Operation(
        name="parallel",
        equations=("CT0",),
        result=("geometry",),
        form="shared",
        notes=SHAPES,
        not_exported="the geometry is an argument of the others",
    ),
    Operation(
        name="fan",
        equations=("CT0", "CT8"),
        result=("geometry",),
        form="shared",
        notes=SHAPES,
        not_exported="the geometry is an argument of the others",
    ),
    Operation(
        name="rays",
        equations=("CT8",),
        result=("theta", "offset"),
        notes={"theta": "(n, D)", "offset": "(n, D)"},
        example=_scans.taking("geometry"),
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Both kinds, with and without options, and what is refused."""
    kinds: dict[str, dict[str, Any]] = {"parallel": {}, "fan": FAN}
    for function, needed in kinds.items():
        yield Case(function=function, name="units", arguments=SIZES | needed)
        yield Case(function=function, name="shifted", arguments=SIZES | needed | OTHER)
        refused: dict[str, dict[str, Any]] = {
            "degrees": {"angles": np.linspace(0, 179, 5)},
            "whole_numbers": {"angles": np.arange(5)},
            "one_view": {"angles": np.zeros(1)},
            "nan_angle": {"angles": np.array([0.0, np.nan])},
            "one_detector": {"n_detectors": 1},
            "no_spacing": {"pixel_spacing": 0.0},
        }
        for name, wrong in refused.items():
            yield Case(function=function, name=name, arguments=SIZES | needed | wrong, rejected=True)
    inside = FAN | {"source_to_axis": 1.5}
    yield Case(function="fan", name="source_in_the_image", arguments=SIZES | inside, rejected=True)
    for name in ("parallel", "fan"):
        yield Case(function="rays", name=name, arguments={"geometry": _scans.named_scans()[name].geometry})
