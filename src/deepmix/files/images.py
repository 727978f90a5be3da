"""Files to arrays and back, through SimpleITK, with the geometry kept.

An image is (M, H, W) or (M, H, W, D): channels first, then the axes in the file's own order. For NIfTI, NRRD,
MetaImage, DICOM and pictures that is x, y[, z] (as in nibabel); for `.npy` the order in which it was saved.
"""

import json
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

try:
    import SimpleITK as sitk
except ImportError as error:
    raise ImportError("deepmix.images needs SimpleITK: pip install 'deepmix[app]'") from error

from . import dicom, nifti
from .inputs import existing
from .itk import quiet

# In which format results are written, by the format of the input; `.nii.gz` for all others (DICOM).
_WRITTEN_AS = {
    ".nii": ".nii", ".nii.gz": ".nii.gz", ".nrrd": ".nrrd", ".nhdr": ".nrrd", ".mha": ".mha", ".mhd": ".mha",
    ".png": ".png", ".jpg": ".png", ".jpeg": ".png", ".bmp": ".png", ".tif": ".tif", ".tiff": ".tif",
    ".npy": ".npy",
}  # fmt: skip
SUFFIXES = tuple(_WRITTEN_AS)
_PICTURES = (".png", ".tif")  # they have a size, and no place in the patient
_NIFTI = (".nii", ".nii.gz")


class Geometry(NamedTuple):
    """Where the pixels of a file lie, in mm and in the patient's axes LPS (left, posterior, superior).

    size, spacing, origin: one number an axis. direction: the unit vectors of the axes, row by row.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


class Image(NamedTuple):
    """An image and what is needed to write results beside it.

    channels: (M, H, W[, D]), float32, or float64 where the file holds more than 16-bit integers or float32.
    geometry: None for `.npy`. suffix: of the format in which results are written. source: the (first) file.
    """

    channels: np.ndarray
    geometry: Geometry | None
    suffix: str
    source: Path

    @property
    def view(self) -> str:
        """How `figures` shall draw it: anterior, or else superior, up where the file says where that is."""
        if self.geometry is None:
            return "rows"
        y_axis = np.reshape(self.geometry.direction, (len(self.geometry.size), -1))[:, 1]
        towards = int(np.abs(y_axis).argmax())
        upwards = (towards == 1 and y_axis[1] < 0) or (towards == 2 and y_axis[2] > 0)
        return "y-up" if upwards else "y-down"

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, when drawn."""
        return 1.0 if self.geometry is None else self.geometry.spacing[1] / self.geometry.spacing[0]

    @property
    def spacing(self) -> tuple[float, ...]:
        """Size of a pixel along each axis, in mm; 1 where the file has no place in the patient."""
        if self.geometry is None or self.suffix in _PICTURES:
            return (1.0,) * (self.channels.ndim - 1)
        return self.geometry.spacing


def read_image(paths: Sequence[str | Path]) -> Image:
    """Read the channels of an image from one or more files, in their order.

    paths: NIfTI, NRRD, MetaImage, PNG, TIFF, JPEG, BMP, a DICOM file, a folder with one DICOM series, `.npy`.
    A file may hold several channels: colours (alpha is dropped), the components of a vector, the fourth axis.
    A single `.npy` is (H, W), (M, H, W) or (M, H, W, D); beside other files it is one channel, (H, W[, D]).
    Raises FileNotFoundError, and ValueError for files that cannot be read or do not lie on the same grid.
    """
    if not paths:
        raise ValueError("no image file given")
    first, *others = (_read(Path(path), one_channel=len(paths) > 1) for path in paths)
    return first._replace(channels=np.concatenate([first.channels, *(_on_grid(each, first) for each in others)]))


def read_grid(path: str | Path) -> Image:
    """Read a mask or a label map as an image of one channel, on whose grid `read_labels` reads others.

    A `.npy` is (H, W) or (H, W, D). Raises FileNotFoundError, and ValueError for what cannot be read.
    """
    return _read(Path(path), one_channel=True)


def read_labels(path: str | Path, like: Image) -> np.ndarray:
    """Read a mask or a label map: (H, W[, D]) int, on the grid of `like`.

    Where either file knows no place in the patient (pictures, `.npy`), only the size is compared.
    Raises FileNotFoundError, and ValueError also for several channels and for values that are not whole numbers.
    """
    found = _read(Path(path), one_channel=True)
    if len(found.channels) != 1:
        raise ValueError(f"{path} has {len(found.channels)} channels; a mask or label map has one")
    labels = _on_grid(found, like)[0]
    whole = np.isfinite(labels) & (labels == np.round(labels))
    if not whole.all():
        raise ValueError(f"{path} holds {labels[~whole][0]:g}; labels must be whole numbers")
    return labels.astype(int)


def write_labels(stem: str | Path, labels: np.ndarray, like: Image) -> Path:
    """Write a label map (H, W[, D]) in the format and with the geometry of `like`, 8-bit if it fits, else 16.

    stem: the path without suffix. Returns the path written.
    """
    path = Path(f"{stem}{like.suffix}")
    labels = labels.astype(np.uint8 if labels.max() < 256 else np.uint16)
    _write(path, labels if like.geometry is None else _placed(labels, like.geometry))
    return path


def write_probabilities(stem: str | Path, probabilities: np.ndarray, like: Image) -> Path:
    """Write probability maps (K, H, W[, D]) as float32, in the format and with the geometry of `like`.

    NIfTI volumes get the classes along a fourth axis; 2-D NIfTI, NRRD and MetaImage hold them as vectors;
    PNG, which knows no floats, becomes a TIFF of K channels; `.npy` is (K, H, W[, D]). `read_image` reads all.
    stem: the path without suffix. Returns the path written.
    """
    path = _path_of_floats(stem, like)
    probabilities = probabilities.astype(np.float32)
    if like.geometry is None:
        _write(path, probabilities)
        return path
    maps = [_placed(each, like.geometry) for each in probabilities]
    fourth_axis = like.suffix in _NIFTI and probabilities.ndim == 4
    _write(path, sitk.JoinSeries(maps) if fourth_axis else sitk.Compose(maps))
    return path


def write_map(stem: str | Path, values: np.ndarray, like: Image) -> Path:
    """Write one map (H, W[, D]) as float32, as `write_probabilities` does. Returns the path written."""
    path = _path_of_floats(stem, like)
    values = values.astype(np.float32)
    _write(path, values if like.geometry is None else _placed(values, like.geometry))
    return path


def _path_of_floats(stem: str | Path, like: Image) -> Path:
    return Path(f"{stem}{'.tif' if like.suffix == '.png' else like.suffix}")


def read_means(path: str | Path) -> np.ndarray:
    """Read class means (K, M) from text (one row a class, commas or blanks, # comments), `.npy` or `.json`.

    Raises FileNotFoundError, and ValueError for anything that is not a table of finite numbers.
    """
    path = existing(Path(path))
    try:
        if path.suffix == ".npy":
            means = np.load(path, allow_pickle=False).astype(float)
        elif path.suffix == ".json":
            means = np.array(json.loads(path.read_text("utf-8-sig")), dtype=float)
        else:
            rows = [re.sub("[,;]", " ", line) for line in path.read_text("utf-8-sig").splitlines()]
            with warnings.catch_warnings(action="ignore"):  # of no rows: an error below
                means = np.loadtxt(rows, ndmin=2)
    except (ValueError, TypeError, EOFError) as error:
        raise ValueError(f"cannot read means from {path}: {_one_line(error)}") from error
    if means.ndim != 2 or means.size == 0 or not np.isfinite(means).all():
        raise ValueError(f"{path} must hold a table of finite numbers, one row a class; got shape {means.shape}")
    return means


def _read(path: Path, one_channel: bool) -> Image:
    """Read one file. one_channel: take a `.npy` for (H, W[, D]) rather than channels first."""
    suffix = ".nii.gz" if existing(path).name.lower().endswith(".nii.gz") else path.suffix.lower()
    if suffix == ".npy":
        return Image(channels=_load_npy(path, one_channel), geometry=None, suffix=".npy", source=path)
    try:
        with quiet():
            image = dicom.read_series(path) if path.is_dir() else sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise ValueError(f"cannot read {path}: {_one_line(error)}") from error
    array, n_axes = sitk.GetArrayFromImage(image).T, image.GetDimension()
    in_components = image.GetNumberOfComponentsPerPixel() > 1
    if n_axes > 4 or (n_axes == 4 and in_components):
        raise ValueError(f"{path} has more than three axes beside its channels")
    if n_axes == 4:
        array = np.moveaxis(array, -1, 0)
    elif not in_components:
        array = array[None]
    elif suffix == ".png" and len(array) == 4:
        array = array[:3]
    if suffix in _NIFTI and image.HasMetaDataKey("bitpix"):
        array = nifti.mended(path, image, array)
    one = image[:, :, :, 0] if n_axes == 4 else image
    geometry = Geometry(
        size=one.GetSize(), spacing=one.GetSpacing(), origin=one.GetOrigin(), direction=one.GetDirection()
    )
    return Image(
        channels=_floating(array, path),
        geometry=geometry,
        suffix=_WRITTEN_AS.get(suffix, ".nii.gz"),
        source=path,
    )


def _load_npy(path: Path, one_channel: bool) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"cannot read {path}: {_one_line(error)}") from error
    if array.ndim not in ((2, 3) if one_channel else (2, 3, 4)):
        expected = "(H, W) or (H, W, D)" if one_channel else "(H, W), (M, H, W) or (M, H, W, D)"
        raise ValueError(f"{path} must have the shape {expected}, got {array.shape}")
    return _floating(array[None] if one_channel or array.ndim == 2 else array, path)


def _floating(array: np.ndarray, path: Path) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{path} holds {array.dtype}; expected real numbers")
    return array.astype(floating(array.dtype), order="C")


def floating(stored: np.dtype) -> type[np.floating]:
    """The floats that hold what a file stores: float32, or float64 for more than 16-bit integers or float32."""
    exact = stored.itemsize <= (4 if stored.kind == "f" else 2)
    return np.float32 if exact else np.float64


def _one_line(error: Exception) -> str:
    """The last line of an error, without ITK's addresses, where it says what is wrong."""
    line = (str(error).strip() or type(error).__name__).splitlines()[-1]
    if "Unknown PixelType" in line:
        return "SimpleITK does not know its kind of pixel (of a grey PNG with alpha: save it without alpha)"
    return re.sub(r"^.*?ERROR: (\w+\(0x\w+\): )?", "", line)


def _on_grid(image: Image, like: Image) -> np.ndarray:
    """The channels of an image in the axes of `like`; ValueError that says what differs if the grids do."""
    channels, ours, theirs = image.channels, image.geometry, like.geometry
    suffixes = {image.suffix, like.suffix}
    if ".npy" in suffixes and suffixes.intersection(_PICTURES) and channels.ndim == like.channels.ndim == 3:
        channels = channels.swapaxes(1, 2)  # NumPy holds a picture as rows and columns: y, x
    differences = []
    if channels.shape[1:] != like.channels.shape[1:]:
        differences = [f"size {_listed(channels.shape[1:], '×')} against {_listed(like.channels.shape[1:], '×')}"]
    if channels.ndim != like.channels.ndim:
        differences.append("a 2-D image is not a volume, even of one slice")
    elif ours and theirs and not suffixes.intersection(_PICTURES):
        voxel = min(theirs.spacing)  # rounding in a header must not count: about a hundredth of a pixel
        for name, tolerance in {"spacing": 1e-3 * voxel, "origin": 1e-2 * voxel, "direction": 1e-3}.items():
            here, there = getattr(ours, name), getattr(theirs, name)
            if not np.allclose(here, there, rtol=0, atol=tolerance):
                differences.append(f"{name} {_listed(here)} against {_listed(there)}")
    if differences:
        raise ValueError(f"{image.source} does not match {like.source}: {'; '.join(differences)}")
    return channels


def _listed(numbers: Sequence[float], between: str = ", ") -> str:
    return between.join(f"{number:.5g}" for number in numbers)


def _placed(array: np.ndarray, geometry: Geometry) -> sitk.Image:
    """An array in its file's order of axes as an image with that geometry."""
    image = sitk.GetImageFromArray(array.T, isVector=False)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def _write(path: Path, image: sitk.Image | np.ndarray) -> None:
    try:
        if isinstance(image, np.ndarray):
            np.save(path, image)
        else:
            with quiet():
                sitk.WriteImage(image, str(path), useCompression=True)
    except RuntimeError as error:
        raise OSError(f"cannot write {path}: {_one_line(error)}") from error
