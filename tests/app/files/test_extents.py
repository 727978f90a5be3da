"""The size of an image from its headers is that of the image which is read."""

import math
import tracemalloc

import numpy as np
import pytest
import SimpleITK as sitk

from deepmix.files import extents, images


def stored(path, array: np.ndarray, channels: bool = False):
    """An array in x, y[, z[, t]] order as a file; channels: they come last."""
    image = sitk.GetImageFromArray(array.T if not channels else np.moveaxis(array, -1, 0).T, isVector=channels)
    sitk.WriteImage(image, str(path))
    return path


FILES = {
    "flat.png": ((6, 5), np.uint8, False),
    "colour.png": ((6, 5, 3), np.uint8, True),
    "volume.nii.gz": ((6, 5, 4), np.int16, False),
    "fourth_axis.nii": ((6, 5, 4, 3), np.int16, False),
    "vector.mha": ((6, 5, 4, 2), np.float32, True),
    "wide.nii.gz": ((6, 5, 4), np.int32, False),
    "double.nrrd": ((6, 5, 4), np.float64, False),
    "alpha.png": ((6, 5, 4), np.uint8, True),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("n_files", [1, 2])
def test_what_a_header_says_is_what_is_read(name, n_files, tmp_path):
    shape, dtype, channels = FILES[name]
    path = stored(tmp_path / name, np.zeros(shape, dtype), channels)
    found, read = extents.of_image([path] * n_files), images.read_image([path] * n_files).channels
    assert found[:4] == (read[0].size, len(read), 6 * 5, read.nbytes)
    assert found.reading >= found.held + 2 * read[0].size * np.dtype(dtype).itemsize


@pytest.mark.parametrize("shape", [(6, 5), (2, 6, 5), (3, 6, 5, 4)])
def test_an_array_says_it_too(shape, tmp_path):
    np.save(tmp_path / "image.npy", np.zeros(shape, np.float32))
    for n_files in (1, 2) if len(shape) < 4 else (1,):
        files = [tmp_path / "image.npy"] * n_files
        found, read = extents.of_image(files), images.read_image(files).channels
        assert found[:4] == (read[0].size, len(read), math.prod(read.shape[1:3]), read.nbytes)


def test_a_folder_of_slices_is_a_volume(tmp_path):
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for z in range(4):
        slice_ = sitk.GetImageFromArray(np.zeros((5, 6), np.int16))
        tags = {"0020|000d": "1.2.3", "0020|000e": "1.2.3.4", "0008|0018": f"1.2.3.4.{z}", "0020|0013": str(z)}
        for tag, value in (tags | {"0020|0032": f"0\\0\\{z}", "0020|0037": "1\\0\\0\\0\\1\\0"}).items():
            slice_.SetMetaData(tag, value)
        writer.SetFileName(str(tmp_path / f"{z}.dcm"))
        writer.Execute(slice_)
    found, read = extents.of_image([tmp_path]), images.read_image([tmp_path]).channels
    assert found[:4] == (read[0].size, 1, 6 * 5, read.nbytes)


def test_what_cannot_be_read_has_no_extent(tmp_path):
    """Reading it says what is wrong."""
    (tmp_path / "broken.nii.gz").write_bytes(b"nothing")
    (tmp_path / "broken.npy").write_bytes(b"nothing")
    np.savez(tmp_path / "several.npz", np.zeros(3))
    (tmp_path / "several.npz").rename(tmp_path / "several.npy")
    (tmp_path / "empty").mkdir()
    for name in ("broken.nii.gz", "broken.npy", "several.npy", "empty"):
        assert extents.of_image([tmp_path / name]) is None
    with pytest.raises(FileNotFoundError):
        extents.of_image([tmp_path / "missing.nii.gz"])


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.nii.gz", "a.nrrd", "a.npy"])
def test_reading_holds_no_more_than_is_said(name, tmp_path):
    """As far as NumPy's share goes: one file is not held twice in floats."""
    array = np.random.default_rng(0).integers(0, 255, (600, 500)).astype(np.uint8)
    (np.save if name == "a.npy" else stored)(tmp_path / name, array)
    images.read_image([tmp_path / name])  # what is imported does not count
    tracemalloc.start()
    read = images.read_image([tmp_path / name]).channels
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read.nbytes < most < extents.of_image([tmp_path / name]).reading
