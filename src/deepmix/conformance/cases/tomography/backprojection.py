"""Filtered back-projection and its parts [CT5], [CT7]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.reference.tomography.backprojection import WINDOWS

from ..case import Case
from . import _scans

MAPS = {"sinogram": "(n, D)", "image": "(H, W)"}
OPERATIONS = (
    Operation(
        name="angle_weights",
        equations=("CT5",),
        result=("weights",),
        notes={"weights": "(n,)"},
        example=_scans.taking("angles"),
    ),
    Operation(
        name="smear",
        equations=("CT5",),
        result=("image",),
        notes=MAPS,
        example=_scans.taking("sinogram", "geometry"),
    ),
    Operation(
        name="sharpen",
        equations=("CT7",),
        result=("sinogram",),
        notes={"sinogram": "(n, D)"},
        example=_scans.taking("sinogram", "geometry"),
    ),
    Operation(
        name="filtered_backprojection",
        equations=("CT6", "CT7"),
        result=("image",),
        notes=MAPS,
        example=_scans.taking("sinogram", "geometry"),
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Angles of every kind; views in any order; all windows; fans."""
    turn = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    for name, angles in {
        "half_a_turn": turn[:5],
        "a_turn": turn,
        "both_ends": np.linspace(0, np.pi, 5),
        "limited": np.linspace(0.2, 1.1, 6),
        "sparse_in_a_part": np.concatenate([np.arange(0, 1.5, 0.05), np.linspace(1.5, np.pi, 4)[:3]]),
        "twice": np.tile(turn[:5], 2),
        "in_any_order": np.array([2.0, -0.3, 5.0, 1.1, 0.4]),
    }.items():
        yield Case(function="angle_weights", name=name, arguments={"angles": angles})
    scans = _scans.named_scans()
    for name in ("half_a_turn", "parallel", "limited_angle", "coarse_detectors"):
        yield _case("smear", name, scans[name])
    for window in WINDOWS:
        named = window.replace("-", "_")
        yield _case("sharpen", named, scans["half_a_turn"], window=window)
        yield _case("sharpen", f"{named}_cut_off", scans["half_a_turn"], window=window, cutoff=0.6)
    for name in ("half_a_turn", "parallel", "limited_angle", "fan_of_a_turn", "limited_fan"):
        yield _case("filtered_backprojection", name, scans[name])
    yield _case("filtered_backprojection", "hann", scans["half_a_turn"], window="hann", cutoff=0.8)
    unknown = _case("filtered_backprojection", "unknown_window", scans["half_a_turn"], window="hat")
    yield unknown._replace(rejected=True)
    yield _case("sharpen", "unknown_window", scans["half_a_turn"], window="hat")._replace(rejected=True)
    transposed = scans["half_a_turn"]._replace(sinogram=scans["half_a_turn"].sinogram.T)
    for function in ("smear", "filtered_backprojection"):
        yield _case(function, "transposed", transposed)._replace(rejected=True)


def _case(function: str, name: str, scan: _scans.Scan, **options: str | float) -> Case:
    given = {"sinogram": scan.sinogram, "geometry": scan.geometry}
    return Case(function=function, name=name, arguments=given | options)
