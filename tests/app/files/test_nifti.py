"""NIfTI: what comes out lies where what came in does, by the same header; the values are those of the file."""

import gzip
import pickle
import warnings
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from deepmix.files import extents, images

RNG = np.random.default_rng(0)
SHAPE = (5, 4, 3)
PLACE = ("pixdim", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y",
         "qoffset_z", "srow_x", "srow_y", "srow_z")  # fmt: skip
TO_LPS = np.diag([-1, -1, 1])


def rotation(seed: int = 4) -> np.ndarray:
    """A rotation about no axis of the patient."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.linalg.det(q)


def affine(axes: np.ndarray | None = None, offset: tuple[float, ...] = (-12.5, 40.25, 7.75)) -> np.ndarray:
    """Voxels of 0.9 by 1.5 by 4.25 along oblique axes, unless given."""
    whole = np.eye(4)
    whole[:3, :3] = rotation() @ np.diag([0.9, 1.5, 4.25]) if axes is None else axes
    whole[:3, 3] = offset
    return whole


def save(path: Path, array: np.ndarray, version: Any = nib.Nifti1Image, units: str = "mm", **codes: Any) -> Path:
    """Write an array. codes: sform=(affine, code), qform=(affine, code); else neither."""
    header = version.header_class()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_zooms((0.9, 1.5, 4.25, 2.5, 1, 1, 1)[: array.ndim])
    for name in ("sform", "qform"):
        matrix, code = codes.get(name, (None, 0))
        getattr(header, f"set_{name}")(matrix, code)
    header.set_xyzt_units(units, "sec")
    header["descrip"] = b"from the scanner"
    version(array, None, header).to_filename(path)
    return path


def results(like: images.Image, folder: Path) -> dict[str, Path]:
    """Labels, probabilities and a map on the grid of an image, written beside it."""
    shape = like.channels.shape[1:]
    return {
        "labels": images.write_labels(folder / "labels", RNG.integers(0, 3, shape), like),
        "maps": images.write_maps(folder / "maps", RNG.random((3, *shape)), like),
        "map": images.write_maps(folder / "map", RNG.random(shape), like),
    }


CODES = {
    "scanner": {"sform": (affine(), 1), "qform": (affine(), 1)},
    "aligned": {"sform": (affine(), 2)},
    "MNI and scanner": {"sform": (affine(), 4), "qform": (affine(), 1)},
    "qform alone": {"qform": (affine(), 1)},
    "none": {},
}


@pytest.mark.parametrize("units", ["mm", "micron", "meter", "unknown"])
@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("shape", [SHAPE, (5, 4), (5, 4, 1), (5, 4, 3, 2), (5, 4, 1, 1, 2)])
def test_results_have_the_place_units_and_codes_of_the_input(
    tmp_path: Path, shape: tuple[int, ...], codes: str, units: str
) -> None:
    source = nib.load(save(tmp_path / "a.nii.gz", RNG.random(shape).astype("f4"), units=units, **CODES[codes]))
    like = images.read_image([tmp_path / "a.nii.gz"])
    assert like.channels.shape[1:] == (shape[:2] if len(shape) in (2, 5) else shape[:3])
    for name, path in results(like, tmp_path).items():
        found = nib.load(path).header
        for field in PLACE:
            kept = slice(4) if field == "pixdim" else ...
            np.testing.assert_array_equal(
                found[field][kept], source.header[field][kept], err_msg=f"{name} {field}"
            )
        assert found.get_xyzt_units() == (units, "unknown")
        assert bytes(found["descrip"]).rstrip(b"\0") == b"from the scanner"
        assert images.read_image([path]).geometry == like.geometry


@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
def test_values_and_what_tells_of_them_are_those_of_the_result(tmp_path: Path, version: Any) -> None:
    array = RNG.integers(-9, 9, SHAPE).astype("i2")
    image = nib.load(save(tmp_path / "b.nii", array, version, sform=(affine(), 1)))
    header = image.header
    header["cal_max"], header["scl_slope"], header["scl_inter"] = 900, 0.5, 7
    header.set_intent("t test", (11,), "activation")
    header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"private"))
    version(array, None, header).to_filename(tmp_path / "a.nii")
    like = images.read_image([tmp_path / "a.nii"])
    for name, path in results(like, tmp_path).items():
        found = nib.load(path)
        assert type(found) is version
        assert found.get_data_dtype() == (np.uint8 if name == "labels" else np.float32)
        assert found.header.get_intent() == ("label" if name == "labels" else "none", (), "")
        assert [float(found.header[field]) for field in ("cal_min", "cal_max")] == [0, 0]
        assert (found.dataobj.slope, found.dataobj.inter) == (1, 0)
        assert found.shape == ((*SHAPE, 3) if name == "maps" else SHAPE)
        assert not found.header.extensions
    flat = images.read_image([save(tmp_path / "flat.nii", array[..., 0], version)])
    vectors = nib.load(images.write_maps(tmp_path / "vectors", RNG.random((3, 5, 4)), flat))
    assert vectors.shape == (5, 4, 1, 1, 3)
    assert vectors.header.get_intent()[0] == "vector"
    assert nib.load(images.write_maps(tmp_path / "one", RNG.random((1, 5, 4)), flat)).shape == (5, 4)


@pytest.mark.parametrize(("units", "mm"), [("mm", 1), ("unknown", 1), ("micron", 1e-3), ("meter", 1e3)])
def test_the_geometry_is_in_mm(tmp_path: Path, units: str, mm: float) -> None:
    for codes in (CODES["scanner"], CODES["qform alone"]):
        found = images.read_image([save(tmp_path / "a.nii", np.ones(SHAPE, "u1"), units=units, **codes)]).geometry
        assert found is not None
        np.testing.assert_allclose(found.spacing, mm * np.array([0.9, 1.5, 4.25]), rtol=1e-5)
        np.testing.assert_allclose(found.origin, mm * np.array([12.5, -40.25, 7.75]), rtol=1e-5)
        np.testing.assert_allclose(np.reshape(found.direction, (3, 3)), TO_LPS @ rotation(), atol=1e-5)


def test_without_a_place_axes_are_as_itk_has_them(tmp_path: Path) -> None:
    found = images.read_image([save(tmp_path / "a.nii", np.ones(SHAPE, "u1"))]).geometry
    assert found is not None
    np.testing.assert_allclose(found.spacing, [0.9, 1.5, 4.25], rtol=1e-6)
    assert found.origin == (0, 0, 0)
    np.testing.assert_array_equal(np.reshape(found.direction, (3, 3)), np.eye(3))


@pytest.mark.parametrize("name", ["sform", "qform"])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_axes_rounded_to_three_decimals(tmp_path: Path, name: str, flip: tuple[int, ...]) -> None:
    axes = rotation() * flip
    path = save(tmp_path / "b.nii", np.ones(SHAPE, "u1"), **{name: (affine(axes @ np.diag([0.9, 1.5, 4.25])), 1)})
    header = nib.load(path).header
    if name == "sform":
        header.set_sform(np.round(header.get_sform(), 3), 1)
    else:
        quaternion = np.array([header[f"quatern_{part}"] for part in "bcd"])
        quaternion = np.round(quaternion / np.linalg.norm(quaternion), 3) * 1.0005  # a half turn, and more than 1
        for part, value in zip("bcd", quaternion, strict=True):
            header[f"quatern_{part}"] = value
    path = tmp_path / "a.nii"
    with path.open("wb") as file:
        header.write_to(file)
        file.write(bytes(4) + np.ones(SHAPE, "u1").tobytes())
    with warnings.catch_warnings(action="error"):
        like = images.read_image([path])
    assert like.geometry is not None
    direction = np.reshape(like.geometry.direction, (3, 3))
    np.testing.assert_allclose(direction.T @ direction, np.eye(3), atol=2e-3)
    if name == "sform":
        np.testing.assert_allclose(direction, TO_LPS @ axes, atol=2e-3)
    raw = nib.Nifti1Header.from_fileobj(results(like, tmp_path)["labels"].open("rb"), check=False)
    for field in PLACE:
        np.testing.assert_array_equal(raw[field], header[field], err_msg=field)


def test_a_slice_has_its_place_in_space(tmp_path: Path) -> None:
    """Coronal slices: x leads right, y up, and they are not at the same depth."""
    axes = np.array([[2.0, 0, 0], [0, 0, 1], [0, 3, 0]])
    path = save(tmp_path / "a.nii", np.ones((5, 4), "u1"), sform=(affine(axes, (10, 20, 30)), 1))
    found = images.read_image([path])
    assert found.geometry == ((5, 4), (2, 3), (-10, -20, 30), (-1, 0, 0, 0, 0, 1))
    assert (found.view, found.aspect, found.spacing) == ("y-up", 1.5, (2, 3))
    other = save(tmp_path / "b.nii", np.ones((5, 4), "u1"), sform=(affine(axes, (10, 25, 30)), 1))
    with pytest.raises(
        ValueError, match=r"b\.nii does not match .*a\.nii: origin -10, -25, 30 against -10, -20, 30$"
    ):
        images.read_labels(other, found)
    flat = save(tmp_path / "c.nrrd.nii", np.ones((5, 4), "u1"))  # knows no place in space
    with pytest.raises(ValueError, match=r"spacing 0\.9, 1\.5 against 2, 3$"):
        images.read_labels(flat, found)


def test_forms_that_disagree_are_said(tmp_path: Path) -> None:
    shifted = affine(offset=(0.0, 40.25, 7.75))
    path = save(tmp_path / "a.nii", np.ones(SHAPE, "u1"), sform=(affine(), 2), qform=(shifted, 1))
    with pytest.warns(
        UserWarning, match=r"^sform and qform of .*a\.nii are up to 12\.5 mm apart: its sform is taken$"
    ):
        like = images.read_image([path])
    assert like.geometry is not None
    np.testing.assert_allclose(like.geometry.origin, [12.5, -40.25, 7.75], rtol=1e-6)
    found = nib.load(results(like, tmp_path)["labels"]).header
    np.testing.assert_allclose(found.get_qform(), shifted, atol=1e-5)
    np.testing.assert_allclose(found.get_sform(), affine(), atol=1e-5)


def test_axes_that_are_not_at_right_angles_are_said_and_kept(tmp_path: Path) -> None:
    sheared = affine(rotation() @ np.array([[0.9, 0.3, 0], [0, 1.5, 0], [0, 0, 4.25]]))
    path = save(tmp_path / "a.nii.gz", np.ones(SHAPE, "u1"), sform=(sheared, 1))
    with pytest.warns(UserWarning, match=r"^the axes of .*a\.nii\.gz are not at right angles: .*distances"):
        like = images.read_image([path])
    for result in results(like, tmp_path).values():
        np.testing.assert_allclose(nib.load(result).affine, sheared, rtol=1e-6)
    labels = tmp_path / "labels.nii.gz"
    with pytest.warns(UserWarning, match="right angles"):
        images.read_labels(labels, like)
    straight = save(tmp_path / "b.nii", np.ones(SHAPE, "u1"), sform=(affine(), 1))
    with pytest.raises(ValueError, match="direction"):
        images.read_labels(straight, like)


def test_a_singular_form_gives_way_to_the_other(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", np.ones(SHAPE, "u1"), sform=(np.zeros((4, 4)), 1), qform=(affine(), 1))
    with pytest.warns(UserWarning, match=r"^the sform of .*a\.nii is singular: its qform is taken$"):
        found = images.read_image([path]).geometry
    assert found is not None
    np.testing.assert_allclose(found.origin, [12.5, -40.25, 7.75], rtol=1e-6)
    path = save(tmp_path / "b.nii", np.ones(SHAPE, "u1"), sform=(np.zeros((4, 4)), 1))
    with pytest.raises(ValueError, match=r"^cannot read .*b\.nii: by its sform its axes have no length"):
        images.read_image([path])


def test_voxels_without_a_width_are_refused(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.nii", np.ones(SHAPE, "u1"), qform=(affine(), 1)).read_bytes()
    (tmp_path / "b.nii").write_bytes(whole[:88] + bytes(4) + whole[92:])  # along z
    with pytest.raises(
        ValueError, match=r"^cannot read .*b\.nii: by its pixdim a voxel has no width; mend its header$"
    ):
        images.read_image([tmp_path / "b.nii"])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize(
    ("dtype", "slope", "expected"),
    [("i2", 0.1, "f4"), ("u1", 1, "f4"), ("i4", 0.5, "f8"), ("f4", 2, "f4"), ("f8", 3, "f8"), ("i8", 1, "f8")],
)
def test_slope_and_intercept(
    tmp_path: Path, dtype: str, slope: float, expected: str, version: Any, order: str
) -> None:
    raw = RNG.integers(0, 100, SHAPE).astype(dtype)
    raw.flat[7] = np.nan if dtype[0] == "f" else 3
    header = version.header_class(endianness=order)
    header.set_data_dtype(raw.dtype)
    header.set_data_shape(SHAPE)
    header.set_slope_inter(slope, -2)
    header["vox_offset"] = 544 + 16  # some room between the header and the values
    path = tmp_path / "a.nii"
    with path.open("wb") as file:
        header.write_to(file)
        file.write(bytes(560 - file.tell()) + raw.astype(raw.dtype.newbyteorder(order)).tobytes("F"))
    found, extent = images.read_image([path]).channels, extents.of_image([path])
    assert found.dtype == expected
    exact = raw.astype(float) * float(header["scl_slope"]) - 2
    np.testing.assert_array_equal(found[0], exact.astype(expected))
    assert extent is not None
    assert (extent.n_pixels, extent.n_channels, extent.held) == (60, 1, found.nbytes)


@pytest.mark.parametrize(
    "shape", [(5, 4, 3, 1, 2), (5, 4, 3, 2), (5, 4, 1, 1, 2), (5, 4, 1, 2), (5, 4, 3, 1), (5, 4)]
)
def test_the_axes_of_channels(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = RNG.random(shape).astype("f4")
    path = save(tmp_path / "a.nii.gz", array)
    found, extent = images.read_image([path]).channels, extents.of_image([path])
    n_channels = shape[-1] if len(shape) > 3 else 1
    n_axes = 2 if shape in ((5, 4), (5, 4, 1, 1, 2)) else 3
    expected = np.moveaxis(array.reshape((*shape[:n_axes], n_channels)), -1, 0)
    np.testing.assert_array_equal(found, expected)
    assert extent is not None
    assert extent[:4] == (expected[0].size, n_channels, 20, expected.nbytes)


def test_colours_are_channels_and_alpha_is_none(tmp_path: Path) -> None:
    for names in ("RGB", "RGBA"):
        array = RNG.integers(0, 255, (*SHAPE, len(names))).astype("u1")
        colours = array.view([(name, "u1") for name in names])[..., 0]
        path = save(tmp_path / f"{names}.nii", colours, sform=(affine(), 1))
        found, extent = images.read_image([path]).channels, extents.of_image([path])
        np.testing.assert_array_equal(found, np.moveaxis(array[..., :3], -1, 0))
        assert extent is not None
        assert extent[:4] == (60, 3, 20, found.nbytes)


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((5, 4, 3, 2, 2), "f4", r"a\.nii has more than three axes beside its channels$"),
        ((5, 4, 3, 1, 1, 2, 2), "f4", r"a\.nii has more than three axes beside its channels$"),
        ((5,), "f4", r"^cannot read .*a\.nii: its size is 5; an image has two axes or three$"),
        (SHAPE, "c8", r"a\.nii holds complex64; expected real numbers$"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, shape: tuple[int, ...], dtype: str, message: str) -> None:
    path = save(tmp_path / "a.nii", np.ones(shape, dtype))
    with pytest.raises(ValueError, match=message):
        images.read_image([path])


def test_what_is_damaged_is_refused_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = save(tmp_path / "a.nii", RNG.random((20, 30, 10))).read_bytes()
    packed = gzip.compress(whole)
    flipped = bytearray(packed)
    flipped[-6] ^= 1  # of the checksum
    broken = {
        "cut.nii": whole[:-1],
        "header.nii": whole[:300],
        "no.nii": b"",
        "code.nii": whole[:70] + b"\7\0" + whole[72:],
        "intercept.nii": whole[:112] + np.array([2, np.inf], "<f4").tobytes() + whole[120:],
        "cut.nii.gz": packed[:-4],
        "half.nii.gz": packed[: len(packed) // 2],
        "sum.nii.gz": bytes(flipped),
        "no.nii.gz": b"",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"^cannot read .*{name}: ") as caught:
            images.read_image([tmp_path / name])
        assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_an_image_can_be_handed_to_another_process(tmp_path: Path) -> None:
    like = pickle.loads(
        pickle.dumps(images.read_image([save(tmp_path / "a.nii", np.ones(SHAPE), **CODES["scanner"])]))
    )
    np.testing.assert_allclose(nib.load(results(like, tmp_path)["labels"]).affine, affine(), atol=1e-5)
