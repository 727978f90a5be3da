"""Fans as parallel views [CT8]."""

from collections.abc import Iterator

from deepmix.conformance.operation import Operation

from ..case import Case
from . import _scans

OPERATIONS = (
    Operation(
        name="rebin",
        equations=("CT8",),
        result=("sinogram",),
        notes={"sinogram": "(n, D)"},
        example=_scans.taking("sinogram", "geometry"),
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """A whole turn, part of one, angles in any order, and parallel views, which meet their opposites."""
    for name in ("fan_of_a_turn", "limited_fan", "fan", "fan_of_fine_detectors", "half_a_turn"):
        geometry, _, sinogram = _scans.named_scans()[name]
        yield Case(function="rebin", name=name, arguments={"sinogram": sinogram, "geometry": geometry})
    transposed = {"sinogram": sinogram.T, "geometry": geometry}
    yield Case(function="rebin", name="transposed", arguments=transposed, rejected=True)
