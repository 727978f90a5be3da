"""Files whose name says nothing of their format are read by what they begin with."""

import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import PIL.Image
import pydicom
import pytest
import SimpleITK as sitk
import tifffile

from deepmix.files import extents, images

RNG = np.random.default_rng(0)
WIDE, HIGH = 6, 4


def numbers(*shape: int, dtype: str = "u1") -> np.ndarray:
    return RNG.integers(0, 200, shape).astype(dtype)


def check(path: Path, expected: np.ndarray, suffix: str) -> None:
    """The file has these channels, its header says so, and results are written in its format."""
    found, extent = images.read_image([path]), extents.of_image([path])
    np.testing.assert_array_equal(found.channels, expected)
    assert extent is not None
    assert extent[:2] == (expected[0].size, len(expected))
    labels = RNG.integers(0, 5, expected.shape[1:])
    written = images.write_labels(path.parent / "labels", labels, found)
    assert written.suffix == suffix
    np.testing.assert_array_equal(images.read_labels(written, found), labels)


@pytest.mark.parametrize("name", ["noext", "a.dat", "1.2.840"])
@pytest.mark.parametrize(("form", "layout"), [("PNG", "RGBA"), ("PNG", "RGB"), ("BMP", "RGB"), ("TIFF", "RGBA")])
def test_pictures_keep_their_colours_and_drop_alpha(tmp_path, name, form, layout):
    array = numbers(HIGH, WIDE, len(layout))
    array[..., 3:] = 255
    PIL.Image.fromarray(array, layout).save(tmp_path / name, format=form)
    check(tmp_path / name, array[..., :3].T, ".tif" if form == "TIFF" else ".png")


def test_a_photograph_is_upright(tmp_path):
    exif = PIL.Image.Exif()
    exif[274] = 6
    PIL.Image.fromarray(numbers(16, 24)).save(tmp_path / "photo", format="JPEG", exif=exif)
    seen = np.rot90(np.asarray(PIL.Image.open(tmp_path / "photo")), -1)
    check(tmp_path / "photo", seen.T[None], ".png")


@pytest.mark.parametrize(
    "options", [{}, {"bigtiff": True}, {"byteorder": ">"}, {"bigtiff": True, "byteorder": ">"}]
)
def test_tiff_of_every_byte_order_and_size(tmp_path, options):
    array = numbers(3, HIGH, WIDE)
    tifffile.imwrite(tmp_path / "x.btf", array, photometric="minisblack", metadata={"axes": "CYX"}, **options)
    check(tmp_path / "x.btf", array.transpose(0, 2, 1), ".tif")


def test_imagej_names_its_axes(tmp_path):
    array = numbers(2, 3, HIGH, WIDE)
    tifffile.imwrite(tmp_path / "x.btf", array, imagej=True, metadata={"axes": "ZCYX"})
    check(tmp_path / "x.btf", array.transpose(1, 3, 2, 0), ".tif")


@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("big", [False, True])
def test_nifti_packed_or_not(tmp_path, version, suffix, big):
    array = numbers(WIDE, HIGH, 5)
    header = version.header_class(endianness=">" if big else "<")
    header.set_data_dtype(np.uint8)
    nib.save(version(array, np.diag([1, 2, 3, 1]), header), tmp_path / f"a{suffix}")
    (tmp_path / f"a{suffix}").rename(tmp_path / "volume")
    check(tmp_path / "volume", array[None], Path(f"a{suffix}").suffix)
    geometry = images.read_image([tmp_path / "volume"]).geometry
    assert geometry is not None
    assert geometry.spacing == (1, 2, 3)


def test_an_array_of_numpy(tmp_path):
    with (tmp_path / "array").open("wb") as file:
        np.save(file, array := numbers(2, HIGH, WIDE))
    check(tmp_path / "array", array, ".npy")


def test_dicom_stays_dicom_also_with_the_start_of_a_tiff(tmp_path):
    """Slides are often both: TIFF stands in the part of a DICOM file that is free."""
    image = sitk.GetImageFromArray(array := numbers(1, HIGH, WIDE, dtype="u2"))
    sitk.WriteImage(image, str(tmp_path / "a.dcm"))
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.preamble = b"II*\0".ljust(128, b"\0")
    dataset.save_as(tmp_path / "noext")
    found = images.read_image([tmp_path / "noext"])
    np.testing.assert_array_equal(found.channels, array.T[None])
    assert found.suffix == ".nii.gz"


@pytest.mark.parametrize("start", [b"", b"\x1f\x8b", b"\x1f\x8bdamaged", b"hello"])
def test_what_is_nothing_known_is_refused_in_one_line(tmp_path, start):
    (tmp_path / "noext").write_bytes(start)
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(ValueError, match=r"^cannot read .*noext") as caught,
    ):
        images.read_image([tmp_path / "noext"])
    assert "\n" not in str(caught.value)


def test_a_name_that_says_the_format_decides(tmp_path):
    PIL.Image.fromarray(numbers(HIGH, WIDE)).save(tmp_path / "a.tif", format="PNG")
    with pytest.raises(ValueError, match=r"^cannot read .*a\.tif"):
        images.read_image([tmp_path / "a.tif"])
