"""Files to arrays and back: every format, every geometry, every complaint."""

import gzip
import importlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import tifffile

import deepmix.files
from deepmix.files import images
from deepmix.files.means import read_means

MEDICAL = (".nii", ".nii.gz", ".nrrd", ".mha")
SPACING, ORIGIN = (0.9, 1.5, 4.25), (12.5, -40.25, 7.75)
RNG = np.random.default_rng(0)


def oblique() -> np.ndarray:
    """A rotation about no axis of the patient."""
    q, r = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.linalg.det(q)


def save(path: Path, array: np.ndarray, channels: bool = False, **geometry: Any) -> Path:
    """Write an array in x, y[, z] order; channels: they come first. geometry: unless oblique."""
    image = sitk.GetImageFromArray(array.T, isVector=channels)
    n = image.GetDimension()
    direction = oblique() if n == 3 else np.array([[0.8, -0.6], [0.6, 0.8]])
    image.SetSpacing(geometry.get("spacing", SPACING[:n]))
    image.SetOrigin(geometry.get("origin", ORIGIN[:n]))
    image.SetDirection(np.ravel(geometry.get("direction", direction)).tolist())
    sitk.WriteImage(image, str(path))
    return path


def picture(path: Path, array: np.ndarray, channels: bool = False) -> Path:
    """Write a PNG, JPEG, TIFF or BMP from (x, y[, z]), or channels first."""
    sitk.WriteImage(sitk.GetImageFromArray(array.T, isVector=channels), str(path))
    return path


def dicom(folder: Path, volume: np.ndarray, uid: str = "1.2.3", skip: tuple[int, ...] = ()) -> Path:
    """Write a volume (x, y, z) as a DICOM series, its files named against the order of the slices."""
    folder.mkdir(exist_ok=True)
    writer, axes = sitk.ImageFileWriter(), oblique()
    writer.KeepOriginalImageUIDOn()
    for k in range(volume.shape[-1]):
        if k in skip:
            continue
        image = sitk.GetImageFromArray(volume[..., k].T)
        image.SetSpacing(SPACING[:2])
        tags = {
            "0008|0060": "MR",
            "0020|000e": uid,
            "0020|000d": uid + ".0",
            "0008|0018": f"{uid}.{k + 1}",
            "0020|0032": "\\".join(f"{x:.6f}" for x in np.array(ORIGIN) + k * SPACING[2] * axes[:, 2]),
            "0020|0037": "\\".join(f"{x:.9f}" for x in (*axes[:, 0], *axes[:, 1])),
        }
        for tag, value in tags.items():
            image.SetMetaData(tag, value)
        writer.SetFileName(str(folder / f"{uid}-{90 - k}.dcm"))
        writer.Execute(image)
    return folder


@pytest.mark.parametrize("suffix", MEDICAL)
@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4)])
def test_medical_formats_keep_values_and_geometry(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    array = RNG.random(shape).astype(np.float32)
    found = images.read_image([save(tmp_path / f"a{suffix}", array)])
    n = len(shape)
    assert found.suffix == suffix
    assert found.source == tmp_path / f"a{suffix}"
    assert found.channels.dtype == np.float32
    np.testing.assert_array_equal(found.channels, array[None])
    assert found.geometry is not None
    assert found.geometry.size == shape
    np.testing.assert_allclose(found.geometry.spacing, SPACING[:n], rtol=1e-6)
    np.testing.assert_allclose(found.geometry.origin, ORIGIN[:n], rtol=1e-6)
    expected = oblique() if n == 3 else np.array([[0.8, -0.6], [0.6, 0.8]])
    np.testing.assert_allclose(np.reshape(found.geometry.direction, (n, n)), expected, atol=1e-6)


@pytest.mark.parametrize("suffix", [*MEDICAL, ".png", ".tif", ".npy"])
@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4)])
def test_labels_and_probabilities_come_back_equal(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    if suffix == ".png" and len(shape) == 3:
        pytest.skip("PNG holds no volumes")
    array = RNG.integers(0, 200, shape).astype(np.uint8)
    if suffix == ".npy":
        np.save(tmp_path / "a.npy", array[None])
    else:
        (picture if suffix in (".png", ".tif") else save)(tmp_path / f"a{suffix}", array)
    like = images.read_image([tmp_path / f"a{suffix}"], "samples")
    labels = RNG.integers(0, 5, shape)
    path = images.write_labels(tmp_path / "labels", labels, like)
    assert path == tmp_path / f"labels{suffix}"
    found = images.read_labels(path, like)
    assert found.dtype == int
    np.testing.assert_array_equal(found, labels)
    for n_classes in (1, 2, 3, 4, 6):
        probabilities = RNG.random((n_classes, *shape)).astype(np.float32)
        path = images.write_maps(tmp_path / "p", probabilities, like)
        assert path.suffix == (".tif" if suffix == ".png" else Path(f"a{suffix}").suffix)
        again = images.read_image([path])
        np.testing.assert_array_equal(again.channels, probabilities)
        if suffix in MEDICAL:
            assert again.geometry is not None
            for ours, theirs in zip(again.geometry, like.geometry or (), strict=True):
                np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_nifti_results_have_the_affine_of_the_input(tmp_path: Path) -> None:
    def header(path: Path) -> tuple[np.ndarray, np.ndarray, int]:
        raw = gzip.decompress(path.read_bytes())
        dims = np.frombuffer(raw[40:56], "<i2")
        return dims, np.frombuffer(raw[280:328], "<f4"), int(np.frombuffer(raw[70:72], "<i2")[0])

    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)))])
    _, affine, _ = header(tmp_path / "a.nii.gz")
    labels = images.write_labels(tmp_path / "labels", np.ones((5, 4, 3), int), like)
    maps = images.write_maps(tmp_path / "maps", np.ones((2, 5, 4, 3)), like)
    assert np.abs(affine).min() > 0.01  # oblique
    np.testing.assert_allclose(header(labels)[1], affine, rtol=1e-5)
    np.testing.assert_allclose(header(maps)[1], affine, rtol=1e-5)
    assert header(labels)[0][:4].tolist() == [3, 5, 4, 3]
    assert header(labels)[2] == 2  # uint8
    assert header(maps)[0][:5].tolist() == [4, 5, 4, 3, 2]  # a plain 4-D volume
    assert header(maps)[2] == 16  # float32


def test_many_labels_are_not_cut_to_eight_bits(tmp_path: Path) -> None:
    labels = np.arange(600).reshape(30, 20)
    like = images.read_image([picture(tmp_path / "a.png", np.zeros((30, 20), np.uint8))])
    np.testing.assert_array_equal(
        images.read_labels(images.write_labels(tmp_path / "b", labels, like), like), labels
    )


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("u1", "f4"),
        ("i1", "f4"),
        ("i2", "f4"),
        ("u2", "f4"),
        ("f4", "f4"),
        ("i4", "f8"),
        ("u4", "f8"),
        ("f8", "f8"),
    ],
)
def test_float32_where_it_is_exact(tmp_path: Path, dtype: str, expected: str) -> None:
    array = np.array([[np.iinfo(dtype).max if dtype[0] in "iu" else 0.1, 3], [0, 1]], dtype)
    save(tmp_path / "a.nrrd", array)
    np.save(tmp_path / "a.npy", array)
    for name in ("a.nrrd", "a.npy"):
        found = images.read_image([tmp_path / name]).channels
        assert found.dtype == np.dtype(expected)
        np.testing.assert_array_equal(found[0], array)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_the_components_of_a_vector_are_channels(tmp_path: Path, suffix: str) -> None:
    array = RNG.random((3, 5, 4, 2)).astype(np.float32)
    found = images.read_image([save(tmp_path / f"a{suffix}", array, channels=True)])
    np.testing.assert_array_equal(found.channels, array)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_the_fourth_axis_is_the_channels(tmp_path: Path, suffix: str) -> None:
    array = RNG.random((3, 5, 4, 2)).astype(np.float32)
    image = sitk.GetImageFromArray(np.moveaxis(array, 0, -1).T, isVector=False)
    direction = np.eye(4)
    direction[:3, :3] = oblique()
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing((*SPACING, 1))
    sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    found = images.read_image([tmp_path / f"a{suffix}"])
    np.testing.assert_array_equal(found.channels, array)
    assert found.geometry is not None
    assert found.geometry.size == (5, 4, 2)
    np.testing.assert_allclose(found.geometry.spacing, SPACING, rtol=1e-6)
    np.testing.assert_allclose(np.reshape(found.geometry.direction, (3, 3)), oblique(), atol=1e-6)


def test_a_fourth_axis_of_vectors_is_an_error(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(RNG.random((2, 2, 3, 4, 3)).astype(np.float32), isVector=True)
    sitk.WriteImage(image, str(tmp_path / "a.nrrd"))
    with pytest.raises(ValueError, match=r"a\.nrrd has more than three axes"):
        images.read_image([tmp_path / "a.nrrd"])


def test_files_are_channels_in_their_order(tmp_path: Path) -> None:
    arrays = [RNG.integers(0, 99, (5, 4, 3)).astype(dtype) for dtype in ("u1", "i2", "f8")]
    paths = [save(tmp_path / f"{k}.nii.gz", array) for k, array in enumerate(arrays)]
    found = images.read_image([paths[2], paths[0], paths[1]])
    np.testing.assert_array_equal(found.channels, np.stack([arrays[2], arrays[0], arrays[1]]))
    assert found.channels.dtype == np.float64
    assert found.source == paths[2]
    with pytest.raises(ValueError, match="no image file given"):
        images.read_image([])


def test_pictures(tmp_path: Path) -> None:
    grey, rgba = RNG.integers(0, 255, (6, 4)).astype("u1"), RNG.integers(0, 255, (4, 6, 4)).astype("u1")
    for suffix in (".png", ".tif"):
        found = images.read_image([picture(tmp_path / f"grey{suffix}", grey)])
        np.testing.assert_array_equal(found.channels, grey[None])
        assert found.suffix == suffix
        np.testing.assert_array_equal(
            images.read_image([picture(tmp_path / f"rgb{suffix}", rgba[:3], channels=True)]).channels, rgba[:3]
        )
    np.testing.assert_array_equal(
        images.read_image([picture(tmp_path / "a.png", rgba, channels=True)]).channels, rgba[:3]
    )
    deep = RNG.integers(0, 60000, (6, 4)).astype("u2")
    np.testing.assert_array_equal(images.read_image([picture(tmp_path / "deep.png", deep)]).channels, deep[None])
    assert images.read_image([picture(tmp_path / "A.JPG", grey)]).suffix == ".png"
    assert images.read_image([picture(tmp_path / "a.bmp", rgba[:3], channels=True)]).suffix == ".png"


def test_detached_headers_are_written_as_one_file(tmp_path: Path) -> None:
    assert images.read_image([save(tmp_path / "a.mhd", RNG.random((5, 4, 3)))]).suffix == ".mha"
    assert images.read_image([save(tmp_path / "a.nhdr", RNG.random((5, 4, 3)))]).suffix == ".nrrd"


def test_a_dicom_series(tmp_path: Path) -> None:
    volume = RNG.integers(0, 900, (5, 4, 6)).astype(np.int16)
    with warnings.catch_warnings(action="error"):
        found = images.read_image([dicom(tmp_path / "series", volume)])
    np.testing.assert_array_equal(found.channels, volume[None])
    assert found.suffix == ".nii.gz"
    assert found.geometry is not None
    np.testing.assert_allclose(found.geometry.spacing, SPACING, rtol=1e-5)
    np.testing.assert_allclose(found.geometry.origin, ORIGIN, rtol=1e-5)
    np.testing.assert_allclose(np.reshape(found.geometry.direction, (3, 3)), oblique(), atol=1e-6)
    labels = RNG.integers(0, 4, volume.shape)
    again = images.read_labels(images.write_labels(tmp_path / "labels", labels, found), found)
    np.testing.assert_array_equal(again, labels)
    single = images.read_image([tmp_path / "series" / "1.2.3-88.dcm"])
    np.testing.assert_array_equal(single.channels, volume[None, ..., 2:3])
    assert single.suffix == ".nii.gz"


def test_dicom_folders_that_need_a_word(tmp_path: Path) -> None:
    volume = RNG.integers(0, 900, (5, 4, 6)).astype(np.int16)
    dicom(tmp_path / "two", volume, "1.2.3")
    dicom(tmp_path / "two", volume[..., :2], "1.2.4")
    with pytest.raises(
        ValueError, match=r"2 DICOM series.*1\.2\.3-\d+\.dcm and 5 more, 1\.2\.4-\d+\.dcm and 1 more"
    ):
        images.read_image([tmp_path / "two"])
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"no DICOM series in the folder .*none"):
        images.read_image([tmp_path / "none"])
    with pytest.warns(UserWarning, match=r"4\.25 to 8\.5 mm apart: some may be missing"):
        images.read_image([dicom(tmp_path / "gap", volume, skip=(3,))])


@pytest.mark.parametrize(
    ("shape", "channels"), [((5, 4), (1, 5, 4)), ((2, 5, 4), (2, 5, 4)), ((2, 5, 4, 3), (2, 5, 4, 3))]
)
def test_one_npy_has_channels_first(tmp_path: Path, shape: tuple[int, ...], channels: tuple[int, ...]) -> None:
    array = RNG.random(shape)
    np.save(tmp_path / "a.npy", array)
    found = images.read_image([tmp_path / "a.npy"])
    np.testing.assert_array_equal(found.channels, array.reshape(channels))
    assert (found.geometry, found.suffix, found.view, found.aspect) == (None, ".npy", "rows", 1)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3)])
def test_several_npy_are_a_channel_each(tmp_path: Path, shape: tuple[int, ...]) -> None:
    arrays = RNG.random((2, *shape))
    for k in range(2):
        np.save(tmp_path / f"{k}.npy", arrays[k])
    np.testing.assert_array_equal(images.read_image([tmp_path / "0.npy", tmp_path / "1.npy"]).channels, arrays)
    np.save(tmp_path / "4d.npy", np.zeros((2, 5, 4, 3)))
    with pytest.raises(
        ValueError, match=r"4d\.npy must have the shape \(H, W\) or \(H, W, D\), got \(2, 5, 4, 3\)"
    ):
        images.read_image([tmp_path / "0.npy", tmp_path / "4d.npy"])


def test_npy_that_are_no_images(tmp_path: Path) -> None:
    np.save(tmp_path / "line.npy", np.zeros(5))
    with pytest.raises(ValueError, match=r"line\.npy must have the shape \(H, W\), .* got \(5,\)"):
        images.read_image([tmp_path / "line.npy"])
    np.save(tmp_path / "complex.npy", np.zeros((5, 4), complex))
    with pytest.raises(ValueError, match=r"complex\.npy holds complex128; expected real numbers"):
        images.read_image([tmp_path / "complex.npy"])
    np.save(tmp_path / "object.npy", np.array([[{}]]), allow_pickle=True)
    (tmp_path / "text.npy").write_text("text", encoding="utf-8")
    (tmp_path / "empty.npy").write_text("", encoding="utf-8")
    for name in ("object", "text", "empty"):
        with pytest.raises(ValueError, match=rf"cannot read .*{name}\.npy: ") as caught:
            images.read_image([tmp_path / f"{name}.npy"])
        assert "\n" not in str(caught.value)


def test_numpy_holds_pictures_as_rows_and_columns(tmp_path: Path) -> None:
    rows = np.zeros((4, 6), np.uint8)  # 6 wide, 4 high
    rows[0] = 1  # the top row
    np.save(tmp_path / "rows.npy", rows)
    like = images.read_image([picture(tmp_path / "a.png", rows.T)])
    np.testing.assert_array_equal(images.read_labels(tmp_path / "rows.npy", like), rows.T)
    like = images.read_image([tmp_path / "rows.npy"])
    np.testing.assert_array_equal(images.read_labels(tmp_path / "a.png", like), rows)


def test_only_the_size_counts_where_there_is_no_geometry(tmp_path: Path) -> None:
    labels = RNG.integers(0, 3, (5, 4, 3))
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)))])
    np.save(tmp_path / "labels.npy", labels)
    np.testing.assert_array_equal(images.read_labels(tmp_path / "labels.npy", like), labels)
    flat = images.read_image([save(tmp_path / "flat.nii.gz", RNG.random((5, 4)))])
    mask = picture(tmp_path / "mask.png", labels[..., 0].astype("u1"))
    np.testing.assert_array_equal(images.read_labels(mask, flat), labels[..., 0])
    with pytest.raises(ValueError, match=r"labels\.npy does not match .*: size 5×4×3 against 5×4"):
        images.read_labels(tmp_path / "labels.npy", flat)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spacing": (0.9, 1.5, 4.5)}, "spacing 0.9, 1.5, 4.5 against 0.9, 1.5, 4.25"),
        ({"origin": (12.5, -40.25, 8.0)}, "origin 12.5, -40.25, 8 against 12.5, -40.25, 7.75"),
        ({"direction": np.eye(3)}, "direction 1, 0, 0, 0, 1, 0, 0, 0, 1 against "),
    ],
)
def test_what_lies_elsewhere_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)))])
    other = save(tmp_path / "b.nrrd", np.ones((5, 4, 3), np.uint8), **change)
    for read in (lambda: images.read_labels(other, like), lambda: images.read_image([like.source, other])):
        with pytest.raises(ValueError, match="does not match") as caught:
            read()
        text = str(caught.value)
        assert text.startswith(f"{other} does not match {like.source}: {message}")
        assert sum(name in text for name in ("size", "spacing", "origin", "direction")) == 1


def test_rounding_in_a_header_is_forgiven(tmp_path: Path) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)))])
    near: dict[str, Any] = {"spacing": np.array(SPACING) + 1e-4, "origin": np.array(ORIGIN) + 1e-3}
    other = save(tmp_path / "b.mha", np.ones((5, 4, 3), np.uint8), **near)
    assert images.read_labels(other, like).all()


def test_sizes_that_differ(tmp_path: Path) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)))])
    other = save(tmp_path / "b.nii.gz", np.ones((5, 4, 2), np.uint8))
    with pytest.raises(ValueError, match=r"b\.nii\.gz does not match .*a\.nii\.gz: size 5×4×2 against 5×4×3$"):
        images.read_labels(other, like)
    slice_ = images.read_image([save(tmp_path / "c.nii.gz", RNG.random((5, 4, 1)))])
    flat = save(tmp_path / "d.nii.gz", np.ones((5, 4), np.uint8))
    with pytest.raises(ValueError, match="size 5×4 against 5×4×1; a 2-D image is not a volume, even of one slice"):
        images.read_labels(flat, slice_)


def test_labels_are_whole_numbers_in_one_channel(tmp_path: Path) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4)))])
    whole = save(tmp_path / "whole.nii.gz", np.full((5, 4), 3.0))
    assert (images.read_labels(whole, like) == 3).all()
    for value, text in ((0.25, "0.25"), (np.nan, "nan"), (np.inf, "nan|inf")):
        array = np.ones((5, 4))
        array[2, 1] = value
        with pytest.raises(ValueError, match=rf"b\.nii\.gz holds ({text}); labels must be whole numbers"):
            images.read_labels(save(tmp_path / "b.nii.gz", array), like)
    colours = picture(tmp_path / "rgb.png", np.ones((3, 5, 4), np.uint8), channels=True)
    with pytest.raises(ValueError, match=r"rgb\.png has 3 channels; a mask or label map has one"):
        images.read_labels(colours, like)


def test_missing_files(tmp_path: Path) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4)))])
    missing = tmp_path / "missing.nii.gz"
    for read in (
        lambda: images.read_image([missing]),
        lambda: images.read_labels(missing, like),
        lambda: read_means(missing),
    ):
        with pytest.raises(FileNotFoundError, match=r"^no such file: .*missing\.nii\.gz$"):
            read()


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "a.nrrd", "a.mha", "a.png", "a.tif", "a.dcm", "a.xyz", "a"])
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("not an image", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^cannot read .*{name}: ") as caught:
        images.read_image([tmp_path / name])
    assert "\n" not in str(caught.value)
    assert "ERROR" not in str(caught.value)
    assert "WARNING" not in capfd.readouterr().err


@pytest.mark.parametrize("suffix", [*MEDICAL, ".png"])
def test_a_file_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    array = RNG.integers(0, 255, (80, 90) if suffix == ".png" else (20, 30, 10)).astype(np.uint8)
    path = (picture if suffix == ".png" else save)(tmp_path / f"a{suffix}", array)
    assert images.read_image([path]).channels.shape == (1, *array.shape)
    whole = path.read_bytes()
    for length in (len(whole) - 40, len(whole) * 3 // 4):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"^cannot read ") as caught:
            images.read_image([path])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", MEDICAL)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_stays_nan(tmp_path: Path, suffix: str, dtype: str) -> None:
    array = RNG.random((2, 5, 4, 3)).astype(dtype)
    array[0, 2, 1, 0], array[1, 4, 3, 2] = np.nan, np.nan
    like = images.read_image([save(tmp_path / f"vector{suffix}", array, channels=True)])
    np.testing.assert_array_equal(like.channels, array)
    assert like.channels.dtype == dtype
    np.testing.assert_array_equal(
        images.read_image([save(tmp_path / f"a{suffix}", array[1])]).channels[0], array[1]
    )
    four = images.write_maps(tmp_path / "four", array, like)
    np.testing.assert_array_equal(images.read_image([four]).channels, array.astype("f4"))


def test_nan_of_a_big_endian_nifti(tmp_path: Path) -> None:
    array = RNG.random((5, 4, 3)).astype("f4")
    array[3, 2, 1] = np.nan
    raw = save(tmp_path / "a.nii", array).read_bytes()
    widths = [4, *[1] * 36, *[2] * 8, *[4] * 3, *[2] * 4, *[4] * 11, 2, *[1] * 2, *[4] * 4, *[4] * 2]
    swapped, start = b"", 0
    for width in [*widths, *[1] * 104, *[2] * 2, *[4] * 18, *[1] * 20]:  # the fields of a NIfTI-1 header
        swapped += raw[start : start + width][::-1]
        start += width
    assert start == 348
    (tmp_path / "b.nii").write_bytes(swapped + raw[348:352] + array.ravel("F").astype(">f4").tobytes())
    np.testing.assert_array_equal(images.read_image([tmp_path / "b.nii"]).channels[0], array)


def test_nifti_content_counts_rather_than_its_name(tmp_path: Path) -> None:
    array = RNG.random((5, 4, 3))
    os.rename(save(tmp_path / "a.nii", array), tmp_path / "plain.nii.gz")
    np.testing.assert_array_equal(images.read_image([tmp_path / "plain.nii.gz"]).channels[0], array)


def test_a_folder_that_is_not_there_for_the_results(tmp_path: Path) -> None:
    like = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4)))])
    with pytest.raises(OSError, match="cannot write ") as caught:
        images.write_labels(tmp_path / "nowhere" / "labels", np.ones((5, 4), int), like)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("towards", "view"),
    [((0, 1, 0), "y-down"), ((0, -1, 0), "y-up"), ((0, 0, 1), "y-up"), ((0, 0, -1), "y-down")],
)
def test_anterior_or_superior_is_drawn_up(tmp_path: Path, towards: tuple[int, ...], view: str) -> None:
    """The patient's axes are left, posterior, superior; `towards` is where y leads."""
    x = np.array([1, 0, 0])
    direction = np.stack([x, towards, np.cross(x, towards)], axis=1)
    found = images.read_image([save(tmp_path / "a.nii.gz", RNG.random((5, 4, 3)), direction=direction)])
    assert found.view == view
    assert found.aspect == pytest.approx(SPACING[1] / SPACING[0])


def test_pictures_are_drawn_as_they_are(tmp_path: Path) -> None:
    found = images.read_image([picture(tmp_path / "a.png", np.zeros((5, 4), np.uint8))])
    assert (found.view, found.aspect) == ("y-down", 1)


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4.5\n",
        "# T1 T2\n1 2\n\n3\t4.5",
        "1;2\n3;4.5",
        " 1, 2\n 3, 4.5  # scar",
        "\ufeff# oedème\n1,2\n3,4.5",
    ],
)
def test_means_from_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "means.csv").write_text(text, "utf-8")
    np.testing.assert_array_equal(read_means(tmp_path / "means.csv"), [[1, 2], [3, 4.5]])


def test_means_of_one_class_or_one_channel(tmp_path: Path) -> None:
    (tmp_path / "row.txt").write_text("1 2 3", encoding="utf-8")
    (tmp_path / "column.txt").write_text("1\n2\n3", encoding="utf-8")
    assert read_means(tmp_path / "row.txt").shape == (1, 3)
    assert read_means(tmp_path / "column.txt").shape == (3, 1)


def test_means_from_npy_and_json(tmp_path: Path) -> None:
    means = [[1, 2], [3, 4]]
    np.save(tmp_path / "means.npy", means)
    (tmp_path / "means.json").write_text(json.dumps(means), encoding="utf-8")
    for suffix in ("npy", "json"):
        found = read_means(tmp_path / f"means.{suffix}")
        np.testing.assert_array_equal(found, means)
        assert found.dtype == float


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.csv", "T1,T2\n1,2"),
        ("m.csv", "1,2\n3"),
        ("m.csv", ""),
        ("m.csv", "1,nan"),
        ("m.json", "[[1, 2], [3]]"),
        ("m.json", "[1, 2]"),
        ("m.json", '{"means": [[1]]}'),
        ("m.json", "[[1,"),
        ("m.npy", "text"),
    ],
)
def test_bad_means_in_one_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(ValueError, match=name.replace(".", r"\.")) as caught,
    ):
        read_means(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_mask_of_numpy_lies_on_a_stack_as_its_pages_do(tmp_path: Path) -> None:
    pages = np.random.default_rng(5).random((6, 6, 6)).astype(np.float32)  # z, y, x
    tifffile.imwrite(tmp_path / "v.tif", pages, imagej=True, metadata={"axes": "ZYX"})
    np.save(tmp_path / "mask.npy", pages > 0.5)
    image = images.read_image([tmp_path / "v.tif"])
    np.testing.assert_array_equal(images.read_mask(tmp_path / "mask.npy", image), image.channels[0] > 0.5)


def test_a_header_without_its_unit_is_guessed_at(tmp_path: Path) -> None:
    for name, spacing in (("a", 0.8), ("b", 0.0008)):
        save(tmp_path / f"{name}.nrrd", np.ones((4, 5, 3), np.float32), spacing=(spacing,) * 3)
    with pytest.raises(ValueError, match="as if one header lacked its unit"):
        images.read_image([tmp_path / "a.nrrd", tmp_path / "b.nrrd"])


def test_a_file_of_itk_that_is_cut_short_is_said_to_be_so(tmp_path: Path) -> None:
    path = save(tmp_path / "t.mha", np.random.default_rng(0).random((8, 8, 8)).astype(np.float32))
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(ValueError, match=r"cannot read .*t\.mha: the file is cut short or damaged$"):
        images.read_image([path])


def test_an_archive_is_no_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.eye(3))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(ValueError, match="archive of arrays"):
        images.read_image([tmp_path / "a.npy"])


def test_without_simpleitk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    for name in [name for name in sys.modules if name.startswith("deepmix.files.")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(deepmix.files, name.rpartition(".")[2])
    with pytest.raises(ImportError, match=r"needs SimpleITK: pip install 'deepmix\[app\]'"):
        importlib.import_module("deepmix.files.images")


@pytest.mark.real_data
def test_real_images(real_data: Path) -> None:
    lesions = images.read_image(
        [real_data / "lesions" / f"{name}.nii.gz" for name in ("T1", "T1Gd", "T2", "FLAIR")]
    )
    assert lesions.channels.shape == (4, 182, 218, 9)
    assert set(np.unique(images.read_labels(real_data / "lesions" / "mask.nii.gz", lesions))) == {0, 1}
    brain = images.read_image([real_data / "brain" / "T1.nii.gz"])
    assert set(np.unique(images.read_labels(real_data / "brain" / "labels.nii.gz", brain))) == {0, 1, 2, 3}
    assert brain.view == "y-down"
    heart = images.read_image([real_data / "heart" / "cine.png"])
    assert set(np.unique(images.read_labels(real_data / "heart" / "cavity.png", heart))) == {0, 255}
