"""Label maps and masks: whole numbers as they come out of a scale factor, places in a palette, shades of grey."""

import warnings

import nibabel
import numpy as np
import PIL.Image
import pytest

from deepmix.files import images
from deepmix.files.records import Image, flat_geometry

RNG = np.random.default_rng(0)
SHAPE = (6, 5)


def nifti(path, stored: np.ndarray, slope: float = 1.0, offset: float = 0.0):
    """Write integers with a scale factor and an offset in the header."""
    image = nibabel.Nifti1Image(stored, np.eye(4))
    image.header.set_slope_inter(1, 0)
    nibabel.save(image, path)
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([slope, offset], "<f4").tobytes()
    path.write_bytes(raw)
    return path


def grid(suffix: str = ".png") -> Image:
    channels = np.zeros((1, *SHAPE), np.float32)
    return Image(channels=channels, geometry=flat_geometry(SHAPE), suffix=suffix, source="grid")


@pytest.mark.parametrize("most", [2, 3, 4, 12, 100])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_labels_within_the_rounding_of_a_scale_factor(tmp_path, most, dtype):
    """A writer that stretches 0 … most over all its integers rounds to half a step: 12 in 8 bits give 2.0235."""
    least, largest = np.iinfo(dtype).min, np.iinfo(dtype).max
    slope = most / (float(largest) - least)
    labels = RNG.integers(0, most + 1, (*SHAPE, 3))
    labels[0, 0] = (0, most, most)
    stored = np.rint(labels / slope + least).astype(dtype)
    path = nifti(tmp_path / "a.nii", stored, slope, -slope * least)
    values = images.read_grid(path)
    if most != 3:
        assert (values.channels != labels[None]).any()
    np.testing.assert_array_equal(images.read_labels(path, values), labels)


@pytest.mark.parametrize(("slope", "number"), [(0.047, 11), (0.3, 4), (0.01, 98), (1.5, 1)])
def test_what_lies_further_off_than_the_factor_rounds_is_refused(tmp_path, slope, number):
    path = nifti(tmp_path / "a.nii", np.full((*SHAPE, 3), number, np.uint8), slope)
    with pytest.raises(ValueError, match=r"a\.nii holds .*; labels must be whole numbers$"):
        images.read_labels(path, images.read_grid(path))


@pytest.mark.parametrize("factor", [0.1, 1 / 3, 0.7])
def test_labels_that_float32_rounds(tmp_path, factor):
    labels = RNG.integers(0, 50, SHAPE)
    np.save(tmp_path / "a.npy", (labels * factor).astype(np.float32) / np.float32(factor))
    np.testing.assert_array_equal(images.read_labels(tmp_path / "a.npy", grid(".npy")), labels)
    np.save(tmp_path / "a.npy", labels + 1e-4)
    with pytest.raises(ValueError, match="whole numbers"):
        images.read_labels(tmp_path / "a.npy", grid(".npy"))


@pytest.mark.parametrize("values", [(0, 255), (0, 1), (255,), (3, 7)])
def test_a_mask_of_two_values_counts_where_it_is_not_0(tmp_path, values):
    array = RNG.choice(values, SHAPE).astype(np.uint8)
    PIL.Image.fromarray(array.T).save(tmp_path / "a.png")
    with warnings.catch_warnings(action="error"):
        found = images.read_mask(tmp_path / "a.png", grid())
    assert found.dtype == bool
    np.testing.assert_array_equal(found, array != 0)


@pytest.mark.parametrize("name", ["a.png", "a.nii"])
def test_a_mask_with_smooth_edges_needs_a_word(tmp_path, name):
    array = np.linspace(0, 255, 30).reshape(SHAPE).astype(np.uint8)
    if name == "a.png":
        PIL.Image.fromarray(array.T).save(tmp_path / name)
    else:
        nifti(tmp_path / name, array)
    with pytest.warns(UserWarning, match=r"^the mask .* holds 30 values, .* count; --mask-threshold of segment"):
        found = images.read_mask(tmp_path / name, grid())
    np.testing.assert_array_equal(found, array != 0)
    with warnings.catch_warnings(action="error"):
        np.testing.assert_array_equal(images.read_mask(tmp_path / name, grid(), 127), array > 127)


def test_a_label_map_as_mask_needs_none(tmp_path):
    array = RNG.integers(0, 9, SHAPE).astype(np.uint8)
    nifti(tmp_path / "a.nii", array)
    with warnings.catch_warnings(action="error"):
        np.testing.assert_array_equal(images.read_mask(tmp_path / "a.nii", grid()), array != 0)


def test_a_mask_of_shares_takes_a_threshold(tmp_path):
    shares = RNG.random(SHAPE)
    np.save(tmp_path / "a.npy", shares)
    with pytest.raises(ValueError, match=r"whole numbers; --mask-threshold of segment takes a mask of others"):
        images.read_mask(tmp_path / "a.npy", grid(".npy"))
    np.testing.assert_array_equal(images.read_mask(tmp_path / "a.npy", grid(".npy"), 0.5), shares > 0.5)
