"""What was measured, as files of several layouts have it."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from scipy.io import savemat

import deepmix
from deepmix.reconstruction import scans, sinograms


def exchange(path, unit=None, angles=(0, 45, 90), rows=1):
    """A file in the data-exchange layout, whose views tell their rows."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file["exchange/data"] = np.broadcast_to(np.arange(rows)[:, None], (len(angles), rows, 5))
        file["exchange/theta"] = np.array(angles, float)
        if unit is not None:
            file["exchange/theta"].attrs["units"] = unit
    return path


@pytest.mark.parametrize(
    "unit", ["rad", "radians", np.bytes_("rad"), np.bytes_("Radian"), np.array(["rad"], "S3")]
)
def test_radians_are_radians_however_the_file_says_so(unit, tmp_path):
    scan = sinograms.read(exchange(tmp_path / "s.h5", unit, (0, 0.5, 1))).scan
    np.testing.assert_allclose(scan.angles, [0, 0.5, 1])


@pytest.mark.parametrize("unit", [None, "deg", "degrees", np.bytes_("Degree")])
def test_degrees_are_degrees_also_of_many_turns(unit, tmp_path):
    scan = sinograms.read(exchange(tmp_path / "s.h5", unit, (0, 45, 765))).scan
    np.testing.assert_allclose(scan.angles, [0, np.pi / 4, np.pi / 4])


def test_other_units_of_angles_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"s\.h5 has angles in 'gon'; known are degrees and radians"):
        sinograms.read(exchange(tmp_path / "s.h5", "gon"))


def test_a_row_is_chosen(tmp_path):
    path = exchange(tmp_path / "s.h5", rows=3)
    assert (sinograms.read(path, 2).values == 2).all()
    for row, words in ((None, "holds 3 rows of detectors; choose one by --row"), (3, "rows 0 to 2, not 3")):
        with pytest.raises(ValueError, match=words):
            sinograms.read(path, row)
    np.save(tmp_path / "s.npy", np.ones((4, 5)))
    with pytest.raises(ValueError, match="has one row of detectors, the row 0, not 2"):
        sinograms.read(tmp_path / "s.npy", 2)


@pytest.mark.parametrize("shape", [(5,), (3, 5), (3, 1, 5), (3, 2, 5)])
def test_a_field_is_the_mean_of_several(shape, tmp_path):
    values = np.random.default_rng(0).normal(size=shape)
    np.save(tmp_path / "flat.npy", values)
    found = sinograms.field(tmp_path / "flat.npy", shape[1] - 1 if len(shape) == 3 else None)
    expected = values if len(shape) == 1 else values.reshape(3, -1, 5)[:, -1].mean(axis=0)
    np.testing.assert_allclose(found, expected)


def test_a_field_may_be_a_column(tmp_path):
    np.save(tmp_path / "flat.npy", np.arange(5.0)[:, None])
    np.testing.assert_array_equal(sinograms.field(tmp_path / "flat.npy"), np.arange(5.0))


def test_a_field_may_have_the_rows_of_the_detector(tmp_path):
    np.save(tmp_path / "flat.npy", np.arange(12.0).reshape(3, 4))
    for row in (0, 2):
        np.testing.assert_array_equal(sinograms.field(tmp_path / "flat.npy", row), 4 * row + np.arange(4.0))
    with pytest.raises(ValueError, match="has the rows 0 to 2, not 3"):
        sinograms.field(tmp_path / "flat.npy", 3)


def test_what_is_no_array_is_told_without_advice_to_trust_it(tmp_path):
    np.save(tmp_path / "s.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"cannot read .*s\.npy: it is damaged, or holds no array of numbers$"):
        sinograms.read(tmp_path / "s.npy")


def test_a_damaged_file_is_named(tmp_path):
    pytest.importorskip("h5py")
    (tmp_path / "s.h5").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"cannot read .*s\.h5"):
        sinograms.read(tmp_path / "s.h5")


def test_a_field_may_be_one_number(tmp_path):
    np.save(tmp_path / "flat.npy", 7)
    np.testing.assert_array_equal(sinograms.field(tmp_path / "flat.npy"), [7.0])


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".NII.GZ"])
def test_nifti_has_detectors_along_x_and_views_along_y(suffix, tmp_path):
    """As a viewer shows it, a view is a row; and as SimpleITK writes an array (views, detectors)."""
    path, values = tmp_path / f"s{suffix}", np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    nib.save(nib.Nifti1Image(values.T, np.eye(4)), path)
    np.testing.assert_array_equal(sinograms.read(path).values, values)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "itk.nii.gz"))
    np.testing.assert_array_equal(sinograms.read(tmp_path / "itk.nii.gz").values, values)


def test_nifti_has_rows_of_the_detector_along_z_and_may_be_a_field(tmp_path):
    volume = np.random.default_rng(0).normal(size=(9, 6, 3))
    nib.save(nib.Nifti1Image(volume, np.eye(4)), tmp_path / "s.nii.gz")
    np.testing.assert_array_equal(sinograms.read(tmp_path / "s.nii.gz", 2).values, volume[:, :, 2].T)
    np.testing.assert_allclose(sinograms.field(tmp_path / "s.nii.gz", 2), volume[:, :, 2].mean(axis=1))
    with pytest.raises(ValueError, match="holds 3 rows of detectors; choose one by --row"):
        sinograms.read(tmp_path / "s.nii.gz")


@pytest.mark.parametrize("contents", [b"nothing", np.zeros((4, 5, 1, 2))])
def test_nifti_that_is_no_sinogram_is_refused(contents, tmp_path):
    path = tmp_path / "s.nii"
    if isinstance(contents, bytes):
        path.write_bytes(contents)
    else:
        nib.save(nib.Nifti1Image(contents, np.eye(4)), path)
    with pytest.raises(ValueError, match=r"s\.nii"):
        sinograms.read(path)


@pytest.mark.parametrize(
    ("name", "contents", "words"),
    [
        ("flat.npy", b"nothing", "cannot read .*flat.npy"),
        ("flat.tif", b"nothing", "cannot read .*flat.tif"),
        ("flat.h5", b"nothing", "a flat or dark field must be .npy, .npz, TIFF or NIfTI"),
        ("flat.npy", np.ones(4) * 1j, "flat.npy holds complex128 of shape"),
        ("flat.npy", np.ones((1, 1, 1, 1)), r"of shape \(1, 1, 1, 1\); expected real numbers, a value for each"),
    ],
)
def test_what_is_no_field_is_refused(name, contents, words, tmp_path):
    if isinstance(contents, bytes):
        (tmp_path / name).write_bytes(contents)
    else:
        np.save(tmp_path / name, contents)
    with pytest.raises(ValueError, match=words):
        sinograms.field(tmp_path / name)


@pytest.mark.parametrize("name", ["CtDataLimited", "CtDataFull"])
def test_a_helsinki_file_says_how_it_was_made(name, tmp_path):
    said = {"angles": [274.0, 274.5], "pixelSizePost": 0.2, "distanceSourceOrigin": 410.0}
    values = np.random.default_rng(0).normal(size=(2, 6))
    savemat(
        tmp_path / "s.mat",
        {name: {"sinogram": values, "parameters": said | {"distanceSourceDetector": 550.0}}},
    )
    found = sinograms.read(tmp_path / "s.mat")
    np.testing.assert_array_equal(found.values, values)
    geometry = scans.geometry_of(found.scan, 6)
    np.testing.assert_allclose(np.rad2deg(geometry.angles), [274, 274.5])
    np.testing.assert_allclose(geometry.detector_spacing, 0.2 * 410 / 550)
    assert geometry.divergence == 1 / 410
    savemat(tmp_path / "other.mat", {"values": values})
    with pytest.raises(ValueError, match=r"other\.mat has none of CtDataLimited, CtDataFull"):
        sinograms.read(tmp_path / "other.mat")


@pytest.mark.real_data
def test_the_holes_of_a_measured_disc_are_seen_in_a_sixth_of_a_turn(real_data):
    """By total variation: inside of the disc there is next to nothing in the holes, and much between them."""
    measured = sinograms.read(real_data / "ct" / "htc2022_60_degrees.mat")
    views = measured.values.reshape(121, -1, 4).mean(axis=2)[::2]
    coarse = {"size": (100, 100), "pixel_spacing": 0.83, "detector_spacing": 0.8}
    scan = measured.scan._replace(angles=measured.scan.angles[::2], **coarse)
    with pytest.warns(UserWarning, match="leave a gap of 120° of 180°"):
        geometry = scans.geometry_of(scan, views.shape[1])
    found = deepmix.reconstruct(views, geometry, "tv", strength=1e-3, nonnegative=True, max_iter=150)
    radius = np.hypot(geometry.columns, geometry.rows[:, None])
    hole, wall = np.percentile(found.image[radius < 26], (10, 90))
    assert wall > 2 * hole
    assert found.image[radius > 39].mean() < 0.2 * wall
    assert found.report["residual"] < 0.05
