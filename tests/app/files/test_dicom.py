"""DICOM: a volume is what its headers say, or it is refused; nothing of a series is left out in silence."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.encaps import encapsulate

from deepmix.files import extents, images
from deepmix.files.records import Geometry
from tests.app.files import dicom_files
from tests.app.files.dicom_files import (
    ORIENTATION,
    ORIGIN,
    SPACING,
    VOLUME,
    axes,
    header,
    position,
    save,
    series,
    slice_of,
)


def check(found: images.Image, volume: np.ndarray = VOLUME, step: float = SPACING[2]) -> None:
    """The values, and the place on which the headers are."""
    np.testing.assert_array_equal(found.channels, volume if volume.ndim == 4 else volume[None])
    assert isinstance(found.geometry, Geometry)
    np.testing.assert_allclose(found.geometry.spacing, (*SPACING[:2], step), rtol=1e-5)
    np.testing.assert_allclose(found.geometry.origin, ORIGIN, atol=1e-5)
    np.testing.assert_allclose(np.reshape(found.geometry.direction, (3, 3)), dicom_files.axes(), atol=1e-6)
    extent = extents.of_image([found.source])
    assert extent is not None
    assert extent[:4] == (found.channels[0].size, len(found.channels), 20, found.channels.nbytes)


def refused(path: Path) -> str:
    """The message of what cannot be read, one line."""
    with pytest.raises(ValueError, match=re.escape(path.name)) as caught:
        images.read_image([path])
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def quiet():
    """Nothing warns unless a test expects it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=UserWarning, module="(?!pydicom)")
        warnings.filterwarnings("ignore", category=UserWarning, module="pydicom")
        yield


def test_other_files_of_the_folder_do_not_count(tmp_path: Path) -> None:
    series(tmp_path)
    directory = dicom_files.header(VOLUME[..., 0], uid.MediaStorageDirectoryStorage, Rows=None, PixelData=None)
    save(tmp_path / "DICOMDIR", directory)
    save(
        tmp_path / "report.dcm",
        dicom_files.header(VOLUME[..., 0], uid.BasicTextSRStorage, Rows=None, PixelData=None),
    )
    for name in ("notes.txt", ".hidden.dcm", "Thumbs.db"):
        (tmp_path / name).write_text("no image", encoding="utf-8")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "below").mkdir()
    check(images.read_image([tmp_path]))


@pytest.mark.parametrize("name", ["40.dcm", "40.DCM"])
@pytest.mark.parametrize("content", [b"", b"no image at all", bytes(200)])
def test_a_file_of_the_series_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (series(tmp_path) / name).write_bytes(content)
    what = "no DICOM" if content else "empty"
    assert refused(tmp_path) == (
        f"cannot read {tmp_path / name}: it is {what}, among files that are; replace it, or take it out"
    )
    assert extents.of_image([tmp_path]) is None


def test_names_that_are_numbers_have_no_suffix(tmp_path: Path) -> None:
    for path in series(tmp_path).iterdir():
        path.rename(tmp_path / f"1.2.{path.stem}")
    check(images.read_image([tmp_path]))
    (tmp_path / "1.2.77").touch()
    assert "1.2.77: it is empty" in refused(tmp_path)


@pytest.mark.parametrize("kept", [-1, -10, -60, 500, 200])
def test_a_file_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    path = series(tmp_path) / "88.dcm"
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(tmp_path).startswith(f"cannot read {path}: ")
    assert refused(path).startswith(f"cannot read {path}: ")


def test_pixels_that_are_too_few_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", slice_of(VOLUME, 0, PixelData=bytes(20)))
    assert refused(path) == f"cannot read {path}: the file is cut short"


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ({"Columns": 4, "Rows": 5}, "size"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, "orientation"),
        ({"PixelSpacing": [1.5, 0.95]}, "pixel spacing"),
        ({"ImagePositionPatient": None}, "place (told or not)"),
    ],
)
def test_a_slice_that_does_not_belong_to_the_others_is_named(
    tmp_path: Path, tags: dict[str, Any], what: str
) -> None:
    series(tmp_path)
    for name in ("88.dcm", "90.dcm"):  # in the middle, and the first
        save(tmp_path / name, slice_of(VOLUME, 90 - int(name[:2]), **tags))
        message = refused(tmp_path)
        assert message.startswith(f"{tmp_path / name} differs from the other images of {tmp_path} in its {what}")
        assert message.endswith("; give it a folder of its own, or take it out")
        save(tmp_path / name, slice_of(VOLUME, 90 - int(name[:2])))
    check(images.read_image([tmp_path]))


def test_the_same_slice_under_two_names_counts_once(tmp_path: Path) -> None:
    series(tmp_path)
    (tmp_path / "copy.dcm").write_bytes((tmp_path / "88.dcm").read_bytes())
    with pytest.warns(UserWarning, match=r"copy\.dcm is the same image as .*88\.dcm: left out$"):
        check(images.read_image([tmp_path]))


def test_one_number_for_all_instances_makes_no_copies(tmp_path: Path) -> None:
    check(images.read_image([series(tmp_path, SOPInstanceUID="1.2.3.4")]))


@pytest.mark.parametrize(
    ("trait", "values"),
    [("EchoTime", (10, 80)), ("TemporalPositionIdentifier", (1, 2)), ("TriggerTime", (0, 400)), (None, (0, 0))],
)
def test_several_images_at_one_place_are_refused(
    tmp_path: Path, trait: str | None, values: tuple[int, int]
) -> None:
    for number, value in enumerate(values):
        for z in range(6):
            made = slice_of(VOLUME, z, **({} if trait is None else {trait: value}))
            save(tmp_path / f"{number}{z}.dcm", made)
    message = refused(tmp_path)
    assert message.startswith(f"{tmp_path} has several images at one place, which ")
    assert (
        f"differ in their {trait}, such as " if trait else "their headers do not tell apart, such as "
    ) in message
    assert message.endswith("; give each set a folder of its own")


def test_a_tilted_stack_is_refused(tmp_path: Path) -> None:
    x = dicom_files.axes()[:, 0]
    for z in range(6):
        place = [round(float(each), 6) for each in np.array(dicom_files.position(z)) + 0.3 * z * x]
        save(tmp_path / f"{z}.dcm", slice_of(VOLUME, z, ImagePositionPatient=place))
    message = refused(tmp_path)
    assert message.startswith(
        f"the slices of {tmp_path} do not lie straight one on another but up to 1.5 mm aside"
    )
    assert "tilted gantry; resample them first" in message


def test_rounding_is_no_tilt(tmp_path: Path) -> None:
    for z in range(6):
        place = np.round(dicom_files.position(z), 1).tolist()
        tags = {"ImagePositionPatient": place, "ImageOrientationPatient": np.round(ORIENTATION, 3).tolist()}
        save(tmp_path / f"{z}.dcm", slice_of(VOLUME, z, **tags))
    with warnings.catch_warnings(action="ignore"):  # the steps are rounded too
        found = images.read_image([tmp_path])
    np.testing.assert_array_equal(found.channels[0], VOLUME)
    labels = images.write_labels(tmp_path / "labels", VOLUME % 3, found)
    np.testing.assert_array_equal(images.read_labels(labels, found), VOLUME % 3)


def test_with_a_slice_missing_the_spacing_is_that_of_the_others(tmp_path: Path) -> None:
    (series(tmp_path) / "89.dcm").unlink()
    with pytest.warns(UserWarning, match=r"^the slices of .* are 4\.25 to 8\.5 mm apart: some may be missing$"):
        check(images.read_image([tmp_path]), VOLUME[..., [0, 2, 3, 4, 5]])


def test_slices_without_a_place_are_stacked_by_number(tmp_path: Path) -> None:
    series(tmp_path, ImagePositionPatient=None, ImageOrientationPatient=None, SliceThickness=3)
    with pytest.warns(UserWarning, match=r"do not tell where its images lie: stacked by number, 3 mm apart$"):
        found = images.read_image([tmp_path])
    np.testing.assert_array_equal(found.channels[0], VOLUME)
    assert found.geometry == Geometry(
        size=(5, 4, 6), spacing=(0.9, 1.5, 3), origin=(0, 0, 0), direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)
    )


@pytest.mark.parametrize(
    ("tags", "spacing"),
    [
        ({}, (0.9, 1.5, 1)),
        ({"SliceThickness": 7}, (0.9, 1.5, 7)),
        ({"SliceThickness": 7, "SpacingBetweenSlices": 8}, (0.9, 1.5, 8)),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [0.3, 0.2]}, (0.2, 0.3, 1)),
    ],
)
def test_a_single_file(tmp_path: Path, tags: dict[str, Any], spacing: tuple[float, ...]) -> None:
    found = images.read_image([save(tmp_path / "a.dcm", slice_of(VOLUME, 0, **tags))])
    np.testing.assert_array_equal(found.channels, VOLUME[None, ..., :1])
    assert found.geometry is not None
    assert found.geometry.spacing == pytest.approx(spacing)
    np.testing.assert_allclose(found.geometry.origin, ORIGIN, atol=1e-5)
    np.testing.assert_allclose(np.reshape(found.geometry.direction, (3, 3)), dicom_files.axes(), atol=1e-6)


def test_pixels_of_unknown_size_are_said(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", slice_of(VOLUME, 0, PixelSpacing=None))
    with pytest.warns(
        UserWarning, match=r"^the headers of .*a\.dcm do not tell how large pixels are: taken as 1 mm$"
    ):
        found = images.read_image([path])
    assert found.spacing == (1, 1, 1)


def test_a_file_without_an_image(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dicom_files.header(VOLUME[..., 0], uid.BasicTextSRStorage, Rows=None))
    assert refused(path) == f"cannot read {path}: it is DICOM, but holds no image"


def test_slope_and_intercept_are_those_of_each_slice(tmp_path: Path) -> None:
    slopes = [1, 0.5, 0.25, 3, 1.75, 1]
    for z, slope in enumerate(slopes):
        made = slice_of(
            VOLUME, z, RescaleSlope=slope, RescaleIntercept=-z, kind=uid.PositronEmissionTomographyImageStorage
        )
        save(tmp_path / f"{z}.dcm", made)
    check(images.read_image([tmp_path]), VOLUME * np.array(slopes) - np.arange(6))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
def test_inverted_grey_values_are_turned_and_said(tmp_path: Path, dtype: str) -> None:
    volume = (VOLUME % 200).astype(dtype)
    series(tmp_path, volume, PhotometricInterpretation="MONOCHROME1")
    with pytest.warns(UserWarning, match=r"^the grey values of .* are inverted \(MONOCHROME1\): turned round"):
        found = images.read_image([tmp_path])
    np.testing.assert_array_equal(
        found.channels[0], {"u1": 255, "u2": 65535, "i2": -1}[dtype] - volume.astype(int)
    )


def test_colours_are_channels(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 255, (5, 4, 3, 6)).astype(np.uint8)
    for z in range(6):
        made = dicom_files.header(colours[..., z], uid.SecondaryCaptureImageStorage)
        of_slice = slice_of(VOLUME, z)
        for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            setattr(made, name, of_slice[name].value)
        save(tmp_path / f"{z}.dcm", made)
    check(images.read_image([tmp_path]), np.moveaxis(colours, 2, 0))


@pytest.mark.parametrize(
    "syntax", [uid.ImplicitVRLittleEndian, uid.DeflatedExplicitVRLittleEndian, uid.ExplicitVRBigEndian]
)
def test_headers_of_any_kind(tmp_path: Path, syntax: uid.UID) -> None:
    order = ">" if syntax == uid.ExplicitVRBigEndian else "<"
    for z in range(6):
        made = slice_of(VOLUME.astype(f"{order}i2"), z)
        made.file_meta.TransferSyntaxUID = syntax
        save(tmp_path / f"{z}.dcm", made)
    check(images.read_image([tmp_path]))


def test_files_of_old_have_no_preamble(tmp_path: Path) -> None:
    for z in range(6):
        made = slice_of(VOLUME, z)
        made.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian
        raw = save(tmp_path / f"{z}.dcm", made).read_bytes()
        (tmp_path / f"{z}.dcm").write_bytes(raw[raw.index(b"\x08\0\x16\0") :])
    check(images.read_image([tmp_path]))


def test_packed_pixels(tmp_path: Path) -> None:
    for z in range(6):
        made = slice_of(VOLUME, z)
        made.compress(uid.RLELossless, generate_instance_uid=False)
        save(tmp_path / f"{z}.dcm", made)
    check(images.read_image([tmp_path]))
    path = tmp_path / "3.dcm"
    path.write_bytes(path.read_bytes()[:-30])
    assert refused(tmp_path).startswith(f"cannot read {path}: its pixels (RLE Lossless) are damaged, or packed")


def test_pixels_packed_in_a_way_not_known_are_refused(tmp_path: Path) -> None:
    made = slice_of(VOLUME, 0, PixelData=encapsulate([b"\0" * 40]))
    made.file_meta.TransferSyntaxUID = uid.MPEG4HP41
    made["PixelData"].VR = "OB"
    assert (
        "pixels (MPEG-4 AVC/H.264 High Profile / Level 4.1) are damaged, or packed in a way not known"
        in refused(save(tmp_path / "a.dcm", made))
    )


def test_two_sets_a_little_apart_are_no_volume(tmp_path: Path) -> None:
    folder = series(tmp_path / "s", EchoTime=10)
    for z in range(VOLUME.shape[2]):
        place = (np.array(position(z)) + 0.02 * axes()[:, 2]).round(6).tolist()
        save(folder / f"b{z}.dcm", slice_of(VOLUME, z, ImagePositionPatient=place, EchoTime=20))
    with pytest.raises(ValueError, match="several images at one place, which differ in their EchoTime"):
        images.read_image([folder])


def test_frames_of_a_dose_lie_at_their_offsets_and_have_its_scale(tmp_path: Path) -> None:
    volume = VOLUME.astype(np.uint16)
    offsets = [float(SPACING[2] * z) for z in range(volume.shape[2])]
    place = {"ImagePositionPatient": position(0), "ImageOrientationPatient": ORIENTATION}
    tags = {"PixelSpacing": [SPACING[1], SPACING[0]], "NumberOfFrames": volume.shape[2], "SliceThickness": 3}
    dose = header(volume, uid.RTDoseStorage, GridFrameOffsetVector=offsets, DoseGridScaling=0.5, **place, **tags)
    found = images.read_image([save(tmp_path / "dose.dcm", dose)])
    np.testing.assert_allclose(found.channels[0], 0.5 * volume)
    np.testing.assert_allclose(found.geometry.spacing, SPACING, rtol=1e-5)
    np.testing.assert_allclose(found.geometry.origin, position(0), atol=1e-5)


@pytest.mark.parametrize("name", ["f05", "07"])
def test_an_empty_file_without_a_suffix_is_a_lost_slice(tmp_path: Path, name: str) -> None:
    folder = series(tmp_path / "s")
    (folder / name).touch()
    with pytest.raises(ValueError, match=f"{name}: it is empty, among files that are"):
        images.read_image([folder])


def test_a_number_that_is_none_does_not_count(tmp_path: Path) -> None:
    folder = series(tmp_path / "s")
    for path in folder.iterdir():
        told = b"\x20\0\x13\0IS\2\0"
        found = path.read_bytes()
        at = found.index(told) + len(told)
        path.write_bytes(found[:at] + b"A1" + found[at + 2 :])
    np.testing.assert_array_equal(images.read_image([folder]).channels[0], VOLUME)
