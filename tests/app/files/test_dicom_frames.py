"""DICOM files with frames: each lies where its own header says."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from deepmix.files import images
from tests.app.files import dicom_files
from tests.app.files.dicom_files import VOLUME, enhanced, save
from tests.app.files.test_dicom import check, refused

ORDER = [3, 0, 5, 1, 4, 2]


def of_frames(name: str, attribute: str, values: list[Any], made: Dataset) -> Dataset:
    """Put a sequence with an attribute into the header of each frame."""
    for frame, value in zip(made.PerFrameFunctionalGroupsSequence, values, strict=True):
        sequence = getattr(frame, name, None) or [Dataset()]
        setattr(sequence[0], attribute, value)
        setattr(frame, name, sequence)
    return made


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("order", [ORDER, list(range(6)), list(range(6))[::-1]])
def test_frames_lie_where_their_headers_say(tmp_path: Path, order: list[int], shared: bool) -> None:
    path = save(tmp_path / "a.dcm", enhanced(VOLUME, order, shared))
    with warnings.catch_warnings(action="error"):
        check(images.read_image([path]))
        check(images.read_image([tmp_path]))  # the folder with it


def test_each_frame_has_its_slope(tmp_path: Path) -> None:
    slopes, intercepts = [1, 0.5, 0.25, 3, 1.75, 1], [0, 3, 0, -7, 0.5, 0]
    made = enhanced(VOLUME, ORDER)
    of_frames("PixelValueTransformationSequence", "RescaleSlope", [slopes[z] for z in ORDER], made)
    of_frames("PixelValueTransformationSequence", "RescaleIntercept", [intercepts[z] for z in ORDER], made)
    check(images.read_image([save(tmp_path / "a.dcm", made)]), VOLUME * np.array(slopes) + intercepts)


def test_a_shared_slope(tmp_path: Path) -> None:
    made, slope = enhanced(VOLUME, ORDER), Dataset()
    slope.RescaleSlope, slope.RescaleIntercept = 2, -1024
    made.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = [slope]
    check(images.read_image([save(tmp_path / "a.dcm", made)]), VOLUME.astype(int) * 2 - 1024)


def test_a_volume_in_two_files(tmp_path: Path) -> None:
    save(tmp_path / "a.dcm", enhanced(VOLUME, [1, 3, 5]))
    save(tmp_path / "b.dcm", enhanced(VOLUME, [4, 0, 2]))
    check(images.read_image([tmp_path]))


def test_one_frame_alone(tmp_path: Path) -> None:
    check(images.read_image([save(tmp_path / "a.dcm", enhanced(VOLUME, [0]))]), VOLUME[..., :1], step=3)


@pytest.mark.parametrize(
    "syntax", [uid.RLELossless, uid.DeflatedExplicitVRLittleEndian, uid.ImplicitVRLittleEndian]
)
def test_packed_frames(tmp_path: Path, syntax: uid.UID) -> None:
    made = enhanced(VOLUME, ORDER)
    if syntax.is_compressed:
        made.compress(syntax, generate_instance_uid=False)
    made.file_meta.TransferSyntaxUID = syntax
    check(images.read_image([save(tmp_path / "a.dcm", made)]))


@pytest.mark.parametrize(
    ("sequence", "attribute", "values"),
    [
        ("MREchoSequence", "EffectiveEchoTime", [10.0, 80.0]),
        ("FrameContentSequence", "TemporalPositionIndex", [1, 2]),
        ("MRDiffusionSequence", "DiffusionBValue", [0.0, 1000.0]),
    ],
)
def test_several_frames_at_one_place_are_refused(
    tmp_path: Path, sequence: str, attribute: str, values: list[float]
) -> None:
    made = of_frames(sequence, attribute, values * 6, enhanced(VOLUME, [z for z in range(6) for _ in values]))
    path = save(tmp_path / "a.dcm", made)
    told = f"which differ in their {attribute}, such as {values[0]} and {values[1]}"
    assert refused(path) == f"{path} has several images at one place, {told}; give each set a folder of its own"


def test_a_frame_that_does_not_belong_to_the_others_is_named(tmp_path: Path) -> None:
    made = enhanced(VOLUME, ORDER, shared=False)
    orientation = made.PerFrameFunctionalGroupsSequence[2].PlaneOrientationSequence[0]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    path = save(tmp_path / "a.dcm", made)
    assert refused(path).startswith(f"{path} (frame 3) differs from the other images of {path} in its orientation")


def test_frames_without_a_place_are_said(tmp_path: Path) -> None:
    kind = uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    made = dicom_files.header(
        VOLUME, kind, NumberOfFrames=6, PixelSpacing=[1.5, 0.9], ImagePositionPatient=[0, 0, 9]
    )
    path = save(tmp_path / "a.dcm", made)
    with pytest.warns(
        UserWarning, match=r"a\.dcm do not tell where its images lie: stacked by number, 1 mm apart$"
    ):
        found = images.read_image([path])
    np.testing.assert_array_equal(found.channels[0], VOLUME)
    assert found.spacing == pytest.approx((0.9, 1.5, 1))


def test_inverted_frames_are_turned(tmp_path: Path) -> None:
    made = enhanced(VOLUME, ORDER, PhotometricInterpretation="MONOCHROME1")
    with pytest.warns(UserWarning, match="inverted"):
        found = images.read_image([save(tmp_path / "a.dcm", made)])
    np.testing.assert_array_equal(found.channels[0], -1 - VOLUME.astype(int))


def test_frames_of_bits_and_of_floats(tmp_path: Path) -> None:
    bits = (VOLUME > 0).astype(np.uint8)
    made = enhanced(
        bits, list(range(6)), BitsAllocated=1, BitsStored=1, HighBit=0, PhotometricInterpretation="MONOCHROME2"
    )
    made.SamplesPerPixel, made.PixelData = 1, np.packbits(bits.T.ravel(), bitorder="little").tobytes() + b"\0"
    check(images.read_image([save(tmp_path / "bits.dcm", made)]), bits)
    floats = (VOLUME / 7).astype(np.float32)
    made = enhanced(floats, ORDER, PixelRepresentation=None, PixelData=None)
    made.FloatPixelData = floats[..., ORDER].T.tobytes()
    check(images.read_image([save(tmp_path / "floats.dcm", made)]), floats)


@pytest.mark.parametrize("lost", [1, 100])
def test_frames_cut_short_are_refused(tmp_path: Path, lost: int) -> None:
    path = save(tmp_path / "a.dcm", enhanced(VOLUME, ORDER))
    path.write_bytes(path.read_bytes()[:-lost])
    assert refused(path) == f"cannot read {path}: the file is cut short"


def test_a_header_of_other_frames_than_there_are(tmp_path: Path) -> None:
    made = enhanced(VOLUME, ORDER)
    made.PerFrameFunctionalGroupsSequence = made.PerFrameFunctionalGroupsSequence[:4]
    path = save(tmp_path / "a.dcm", made)
    assert refused(path) == f"cannot read {path}: its header tells of 6 frames, and where 4 lie"
