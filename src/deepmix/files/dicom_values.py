"""The values of DICOM's attributes, wherever they are in a header."""

from typing import Any

import numpy as np

_MACROS = {  # where a file with frames keeps the attributes that other files have at the top
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    **dict.fromkeys(("PixelSpacing", "SpacingBetweenSlices", "SliceThickness"), "PixelMeasuresSequence"),
    **dict.fromkeys(("RescaleSlope", "RescaleIntercept"), "PixelValueTransformationSequence"),
    "EffectiveEchoTime": "MREchoSequence",
    "DiffusionBValue": "MRDiffusionSequence",
    "NominalCardiacTriggerDelayTime": "CardiacSynchronizationSequence",
    "TemporalPositionIndex": "FrameContentSequence",
    "ReferencedSegmentNumber": "SegmentIdentificationSequence",
    "FrameType": "MRImageFrameTypeSequence",
}
_CENTIMETRES = 3  # by DICOM's code
_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def value(name: str, groups: tuple[Any, ...]) -> Any:
    """The value of an attribute in the first of the groups that has it; None if none has."""
    for group in groups:
        macro = group.get(_MACROS[name]) if name in _MACROS else None
        found = (macro[0] if macro else group).get(name)
        if found is not None and found != "":
            return found
    return None


def numbers(name: str, n: int, groups: tuple[Any, ...]) -> np.ndarray:
    """The n numbers of an attribute, or NaN."""
    values = np.ravel(np.asarray(value(name, groups), float))
    return values if len(values) == n else np.full(n, np.nan)


def axes(given: np.ndarray) -> np.ndarray:
    """Axes (2, 3) as unit vectors at right angles, without their rounding; NaN if they are not such vectors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        x = given[0] / np.linalg.norm(given[0])
        y = given[1] - (given[1] @ x) * x
        return np.stack([x, y / np.linalg.norm(y)])


def pixel_spacing(groups: tuple[Any, ...]) -> np.ndarray:
    """The spacing of pixels along x and y; DICOM gives that between rows, which is along y, first."""
    for name in _SPACINGS:
        if (spacing := numbers(name, 2, groups)[::-1]).min() > 0:
            return spacing
    (*_, region) = groups[-1].get("SequenceOfUltrasoundRegions") or [{}]
    if region.get("PhysicalUnitsXDirection") == _CENTIMETRES == region.get("PhysicalUnitsYDirection"):
        return 10 * np.abs([float(region.PhysicalDeltaX), float(region.PhysicalDeltaY)])
    return np.full(2, np.nan)
