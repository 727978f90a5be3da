"""From an image to its scan, back to an image and on to labels: with its values, and where it lies."""

import nibabel as nib
import numpy as np
import pydicom.data
import SimpleITK as sitk
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

from deepmix.files import images
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.reconstruction.test_ct import SIZE, slice_  # noqa: F401


def test_a_dicom_slice_comes_back_in_hounsfield_units(tmp_path, run):  # noqa: F811
    """Where it is flat, and not at the border of the image, which cuts the patient: within 15 units.

    The slice is noisy. A pixel is in a flat part if its neighbours, 5 × 5, lie within 40 units; the mean of
    parts of 7 × 7 within 60 units is right to 5.
    """
    path = pydicom.data.get_testdata_file("CT_small.dcm")
    run("simulate", "ct", path, "-o", tmp_path / "scan")
    scan = tmp_path / "scan"
    given = [scan / "sinogram.npy", "--geometry", scan / "geometry.json", "--hu", "-o", tmp_path / "out"]
    code, _, err = run("reconstruct", "ct", *given)
    assert code == 0, err
    found = images.read_image([tmp_path / "out" / "hounsfield.nii.gz"])
    original = images.read_image([path])
    np.testing.assert_allclose(found.geometry.origin, original.geometry.origin, atol=1e-3)
    np.testing.assert_allclose(found.geometry.direction, original.geometry.direction, atol=1e-6)
    np.testing.assert_allclose(found.geometry.spacing, original.geometry.spacing, rtol=1e-5)
    units = np.maximum(original.channels[0, :, :, 0], -1000)
    error, inside = found.channels[0, :, :, 0] - units, np.s_[8:-8, 8:-8]
    pixels = np.abs(error)[inside][_flat(units, 5, 40)[inside]]
    parts = np.abs(uniform_filter(error, 7))[inside][_flat(units, 7, 60)[inside]]
    assert min(pixels.size, parts.size) > 20
    assert pixels.max() < 15
    assert parts.max() < 5


def _flat(units, side, reach):
    """Whether the neighbours of a pixel lie within so many units."""
    return maximum_filter(units, side) - minimum_filter(units, side) < reach


def test_a_slice_keeps_its_place_from_the_scan_to_its_labels(slice_, tmp_path, run):  # noqa: F811
    """simulate, reconstruct, segment: counts of an oblique slice become air, water and the denser ellipse."""
    path, hu = slice_
    image, turned = sitk.ReadImage(str(path)), np.deg2rad(20)
    cosine, sine = np.cos(turned), np.sin(turned)
    image.SetDirection((cosine, 0, -sine, -sine, 0, -cosine, 0, 1, 0))
    sitk.WriteImage(image, str(path))
    scan, found, labels = (tmp_path / name for name in ("scan", "slice", "labels"))
    known = ["--flat", scan / "flat.npy", "--geometry", scan / "geometry.json"]
    way = ["--method", "tikhonov", "--strength", "auto", "--hu"]
    for step in (
        ["simulate", "ct", path, "--views", 60, "--photons", 1e5, "-o", scan],
        ["reconstruct", "ct", scan / "counts.npy", *known, *way, "-o", found],
        ["segment", found / "hounsfield.nii.gz", "--method", "gmm", "-k", 3, "-o", labels],
    ):
        code, _, err = run(*step)
        assert code == 0, err
    said, original = nib.load(labels / "labels.nii.gz"), nib.load(path)
    np.testing.assert_allclose(said.affine, original.affine, atol=1e-4)
    assert said.shape == original.shape == (SIZE, 36, 1)
    segmented = np.asarray(said.dataobj)[:, :, 0].T
    values = [hu[segmented == label].mean() for label in (1, 2, 3)]
    for level, label in zip((-1000, 0, 200), np.argsort(values) + 1, strict=True):
        found, true = segmented == label, hu == level
        assert 2 * (found & true).sum() / (found.sum() + true.sum()) > 0.9
