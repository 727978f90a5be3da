"""The headers of DICOM files, by pydicom: a file is one plane, or holds frames, each of them a plane."""

import warnings
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pydicom
from pydicom.pixels.utils import get_expected_length

from .dicom_values import axes, numbers, pixel_spacing, value
from .inputs import one_line


class Plane(NamedTuple):
    """An image of a series. Numbers that the header lacks are NaN.

    frame: its number in the file, from 0; None: the file holds one image. size: columns and rows. spacing: of its
    pixels along x and y, in mm. depth: distance to the next image, in mm. position: (3,), of its first pixel, in
    mm. axes: (2, 3), the directions of x and y. dtype: as stored. slope, intercept: value = slope · stored +
    intercept. inverted: whether small values are bright. syntax: how its pixels are packed. traits: attributes
    that tell images at one place apart.
    """

    path: Path
    frame: int | None
    series: str
    instance: str
    number: int
    size: tuple[int, int]
    n_channels: int
    dtype: np.dtype
    spacing: np.ndarray
    depth: float
    position: np.ndarray
    axes: np.ndarray
    slope: float
    intercept: float
    inverted: bool
    syntax: str
    traits: dict[str, str]

    @property
    def name(self) -> str:
        """The name for messages; frames are counted from 1."""
        return str(self.path) if self.frame is None else f"{self.path} (frame {self.frame + 1})"


_PLACE = {"Position": 3, "Orientation": 6}  # how many numbers each has
_BARE = ((b"\2\0", b"\0"), (b"\x08\0", b"\0"))  # of the first tag in old files, which have no preamble
_TRAITS = (
    *("EchoTime", "EffectiveEchoTime", "DiffusionBValue", "TriggerTime", "NominalCardiacTriggerDelayTime"),
    *("TemporalPositionIdentifier", "TemporalPositionIndex", "ReferencedSegmentNumber", "FrameType", "ImageType"),
    *("AcquisitionNumber", "AcquisitionTime"),
)


def planes(path: Path) -> list[Plane] | None:
    """The images of a file: [] for DICOM without images; None for a file that is not DICOM.

    Raises ValueError for a file that is cut short or damaged.
    """
    with path.open("rb") as file:
        start = file.read(132)
        if start[128:] != b"DICM" and (start[:2], start[3:4]) not in _BARE:
            return None
        file.seek(0)
        try:
            with warnings.catch_warnings(action="ignore"):  # of values that break a rule but can be read
                return _planes(path, file)
        except Exception as error:  # pydicom has no error of its own for what it cannot read
            raise ValueError(f"cannot read {path}: {one_line(error)}") from error


def _planes(path: Path, file: BinaryIO) -> list[Plane]:
    header: Any = pydicom.dcmread(file, stop_before_pixels=True, force=True)
    n_bytes = path.stat().st_size - file.tell()  # of the pixels
    kind = header.file_meta.get("MediaStorageSOPClassUID") or header.get("SOPClassUID")
    if "Rows" not in header and kind and "Image Storage" not in kind.name:
        return []
    syntax = header.file_meta.get("TransferSyntaxUID") or pydicom.uid.ImplicitVRLittleEndian
    if "Rows" not in header or not (syntax.is_deflated or n_bytes >= _least(header, syntax)):
        raise ValueError("the file is cut short")
    frames, n_frames = header.get("PerFrameFunctionalGroupsSequence"), int(header.get("NumberOfFrames") or 1)
    if frames is None and n_frames == 1:
        return [_plane(path, None, syntax, header)]
    if frames is None:
        frames = _by_offsets(header, n_frames)
    elif len(frames) != n_frames:
        raise ValueError(f"its header tells of {n_frames} frames, and where {len(frames)} lie")
    shared = (header.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
    return [_plane(path, k, syntax, frame, shared, header) for k, frame in enumerate(frames)]


def _by_offsets(header: Any, n_frames: int) -> list[Any]:
    """Headers of the frames of a dose, by their offsets along the normal; of times or views, without a place."""
    offsets = header.get("GridFrameOffsetVector") or []
    first, directions = (numbers(f"Image{what}Patient", n, (header,)) for what, n in _PLACE.items())
    header.ImagePositionPatient = None  # that of the first frame alone
    frames = [pydicom.Dataset() for _ in range(n_frames)]
    if len(offsets) == n_frames and not np.isnan((*first, *directions)).any():
        normal = np.cross(*axes(directions.reshape(2, 3)))
        for frame, offset in zip(frames, offsets, strict=True):
            frame.ImagePositionPatient = (first + (float(offset) - float(offsets[0])) * normal).tolist()
    return frames


def _least(header: Any, syntax: Any) -> int:
    """The fewest bytes that the pixels and what precedes them can take."""
    return 8 if syntax.is_compressed else get_expected_length(header) + (8 if syntax.is_implicit_VR else 12)


def _plane(path: Path, frame: int | None, syntax: Any, *groups: Any) -> Plane:
    """An image from its groups of attributes: the frame's own header, that of all frames, that of the file."""
    header = groups[-1]
    bits = max(int(header.BitsAllocated), 8)
    whole = {0: "u", 1: "i", None: "u" if bits < 32 else "f"}  # floats have no sign to tell
    depths = numbers("SpacingBetweenSlices", 1, groups), numbers("SliceThickness", 1, groups)
    traits = {name: value(name, groups) for name in _TRAITS}
    colours = header.get("PhotometricInterpretation")
    return Plane(
        path=path,
        frame=frame,
        series=str(header.get("SeriesInstanceUID", "")),
        instance=str(header.get("SOPInstanceUID", path)),
        number=_number(header),
        size=(int(header.Columns), int(header.Rows)),
        n_channels=3 if colours == "PALETTE COLOR" else int(header.get("SamplesPerPixel", 1)),
        dtype=np.dtype(f"{whole[header.get('PixelRepresentation')]}{bits // 8}"),
        spacing=pixel_spacing(groups),
        depth=next((abs(float(each[0])) for each in depths if abs(each[0]) > 0), np.nan),
        position=numbers("ImagePositionPatient", 3, groups),
        axes=axes(numbers("ImageOrientationPatient", 6, groups).reshape(2, 3)),
        slope=_slope(groups),
        intercept=float(np.nan_to_num(numbers("RescaleIntercept", 1, groups), nan=0.0)[0]),
        inverted=colours == "MONOCHROME1",
        syntax=syntax.name,
        traits={name: str(each) for name, each in traits.items() if each is not None},
    )


def _number(header: Any) -> int:
    """The number of an image in its series; 0 if the header has no number there."""
    try:
        return int(header.get("InstanceNumber") or 0)
    except (TypeError, ValueError):
        return 0


def _slope(groups: tuple[Any, ...]) -> float:
    """The factor of stored values; for a dose the attribute has another name."""
    found = (numbers(name, 1, groups)[0] for name in ("RescaleSlope", "DoseGridScaling"))
    return next((float(each) for each in found if not np.isnan(each)), 1.0)
