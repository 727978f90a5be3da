"""geometry.json: how a scan was made, as people write it down; geometry.schema.json describes it."""

import difflib
import json
import math
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.checks import check_choice
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography.records import ScanGeometry

UNITS = {"deg": np.pi / 180, "rad": 1.0}
TYPES = ("parallel", "fan")
ANGLES = {"unit", "values", "first", "step", "count"}
LENGTHS = (
    *("detector_spacing", "pixel_spacing", "slice_thickness", "shift"),
    *("source_to_axis", "source_to_detector"),
)
KEYS = {"type", "angles", "size", "origin", "direction", *LENGTHS}


class ScanDescription(NamedTuple):
    """What geometry.json says, lengths in mm.

    angles: (n,) in radians. detector_spacing: None: not known. size: (H, W) of the image, None: as many pixels a
    side as detectors. slice_thickness: of the image as a slice of a volume. origin, direction: where the image
    lies, as `files.records.Geometry` has it, if known.
    """

    type: str
    angles: np.ndarray
    detector_spacing: float | None = None
    pixel_spacing: float | None = None
    slice_thickness: float = 1.0
    shift: float = 0.0
    size: tuple[int, int] | None = None
    source_to_axis: float | None = None
    source_to_detector: float | None = None
    origin: tuple[float, ...] | None = None
    direction: tuple[float, ...] | None = None


def read(path: Path) -> ScanDescription:
    """Read geometry.json. Raises ValueError, naming the file and the key, for what it cannot mean."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    try:
        return described(said)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def described(said: Any) -> ScanDescription:
    """From the contents of geometry.json. Raises ValueError for keys and values that it cannot have."""
    _check_keys(said, KEYS, {"type", "angles"}, "the geometry")
    check_choice("type", said["type"], TYPES)
    distances = {"source_to_axis", "source_to_detector"}
    if said["type"] == "fan" and (missing := sorted(distances - said.keys())):
        raise ValueError(f"a fan needs {' and '.join(missing)}, in mm")
    if said["type"] == "parallel" and (given := sorted(distances & said.keys())):
        raise ValueError(f"parallel rays have no {' and '.join(given)}; is the type fan?")
    lengths: dict[str, Any] = {name: _number(name, said[name]) for name in LENGTHS if name in said}
    if lengths.get("slice_thickness", 1.0) <= 0:
        raise ValueError(f"slice_thickness must be positive, in mm; got {lengths['slice_thickness']:g}")
    size = said.get("size")
    if size is not None and not (isinstance(size, Sequence) and len(size) == 2 and all(map(_is_whole, size))):
        raise ValueError(f"size must be the rows and columns of the image, two whole numbers; got {size}")
    size = None if size is None else tuple(size)
    return ScanDescription(type=said["type"], angles=_angles(said["angles"]), size=size, **lengths, **_place(said))


def geometry_of(scan: ScanDescription, n_detectors: int) -> ScanGeometry:
    """The geometry for views of so many detectors. Raises ValueError as `reference.tomography.geometry`."""
    height, width = scan.size or (n_detectors, n_detectors)
    magnification = (scan.source_to_detector or 1.0) / (scan.source_to_axis or 1.0)
    spacing = detector_spacing(scan)
    common: dict[str, Any] = {
        "pixel_spacing": spacing / magnification if scan.pixel_spacing is None else scan.pixel_spacing,
        "detector_spacing": spacing,
        "shift": scan.shift,
    }
    if scan.type == "parallel":
        return geometries.parallel(scan.angles, height, width, n_detectors, **common)
    common |= {"source_to_axis": scan.source_to_axis, "source_to_detector": scan.source_to_detector}
    return geometries.fan(scan.angles, height, width, n_detectors, **common)


def detector_spacing(scan: ScanDescription) -> float:
    """Δl on the detector in mm; 1 if it is not known, with a warning where other lengths are."""
    if scan.detector_spacing is None and (scan.pixel_spacing is not None or scan.type == "fan"):
        warnings.warn("detector_spacing is not given: detectors are taken to be 1 mm apart", stacklevel=3)
    return 1.0 if scan.detector_spacing is None else scan.detector_spacing


def written(scan: ScanDescription) -> dict[str, Any]:
    """The contents of geometry.json, angles in radians: what `described` reads as the same scan."""
    said = {name: value for name, value in scan._asdict().items() if value is not None}
    return said | {"angles": {"unit": "rad", "values": scan.angles.tolist()}}


def in_radians(angles: np.ndarray, unit: str) -> np.ndarray:
    """Angles (n,) of a unit, "deg" or "rad", in radians; degrees of many turns within one."""
    if bad := int((~np.isfinite(angles)).sum()):
        raise ValueError(f"{bad} of {angles.size} angles are NaN or infinite")
    turned = unit == "deg" and angles.size and np.abs(angles).max() > 720
    return (angles % 360 if turned else angles) * UNITS[unit]


def _angles(said: Any) -> np.ndarray:
    _check_keys(said, ANGLES, {"unit"}, "angles")
    check_choice("the unit of angles", said["unit"], tuple(UNITS))
    ways = {"unit", "values"}, {"unit", "step", "count"}, {"unit", "first", "step", "count"}
    if said.keys() not in ways:
        raise ValueError("angles need either values, or step and count (and first, if it is not 0)")
    if "values" in said:
        values = _numbers("values", said["values"])
    else:
        if not _is_whole(said["count"]):
            raise ValueError(f"count must be a whole number, got {said['count']!r}")
        first, step = _numbers("first and step", [said.get("first", 0.0), said["step"]])
        values = first + step * np.arange(said["count"])
    return in_radians(values, said["unit"])


def _place(said: Mapping[str, Any]) -> dict[str, Any]:
    """origin and direction, as far as they are given."""
    places = {name: _numbers(name, said[name]) for name in ("origin", "direction") if name in said}
    n_axes = len(places.get("origin", ()))
    if places and (n_axes not in (2, 3) or len(places.get("direction", np.eye(n_axes).ravel())) != n_axes**2):
        raise ValueError("origin must have 2 or 3 numbers, and direction, if it is given, 4 or 9")
    return {name: tuple(values.tolist()) for name, values in places.items()}


def _check_keys(said: Any, known: set[str], needed: set[str], what: str) -> None:
    if not isinstance(said, Mapping):
        raise ValueError(f"{what} must be an object with {', '.join(sorted(needed))}, got {said!r:.60}")
    for name in said:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ValueError(f"there is no {name!r} in {what}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if missing := sorted(needed - said.keys()):
        raise ValueError(f"{what} lacks {', '.join(missing)}")


def _number(name: str, value: Any) -> float:
    if not _is_number(value):
        raise ValueError(f"{name} must be a number, in mm; got {value!r}")
    return float(value)


def _numbers(name: str, values: Any) -> np.ndarray:
    if not isinstance(values, Sequence) or not all(map(_is_number, values)):
        raise ValueError(f"{name} must be numbers, got {values!r:.60}")
    return np.array(values, float)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
