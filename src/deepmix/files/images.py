"""Files to arrays and back, with the geometry kept.

An image is (M, H, W) or (M, H, W, D): channels first, then the axes in the file's own order. For NIfTI, NRRD,
MetaImage, DICOM and pictures that is x, y[, z] (as in nibabel); for `.npy` the order in which it was saved.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

try:
    from . import arrays, dicom, itk, nifti, nifti_results, pictures
except ImportError as error:
    raise ImportError(f"deepmix.images needs {error.name}: pip install 'deepmix[app]'") from error
from .grids import on_grid
from .inputs import existing
from .records import Image, Stored, floating


class Format(NamedTuple):
    """How files of a kind are read and written.

    read: a path, and whether an array is one channel; channels as stored. stored: the same, of the header alone.
    write: a map (H, W[, D]), or several with the classes first, where an image lies. floats_as: the suffix of
    maps of floats, where the format has none.
    """

    read: Callable[[Path, bool], Image]
    stored: Callable[[Path, bool], Stored]
    write: Callable[[Path, np.ndarray, Image], None]
    floats_as: str | None = None


def _format(
    read: Callable[[Path], Image],
    stored: Callable[[Path], Stored],
    write: Callable[[Path, np.ndarray, Image], None],
    floats_as: str | None = None,
) -> Format:
    """A format that knows itself which of its axes are channels."""
    return Format(
        read=lambda path, _: read(path), stored=lambda path, _: stored(path), write=write, floats_as=floats_as
    )


def _medical(suffix: str) -> Format:
    return _format(partial(itk.read, suffix=suffix), itk.stored, itk.write)


def _picture(suffix: str) -> Format:
    floats_as = ".tif" if suffix == ".png" else None
    return _format(partial(pictures.read, suffix=suffix), pictures.stored, itk.write, floats_as)


_NIFTI = {
    suffix: _format(partial(nifti.read, suffix=suffix), nifti.stored, nifti_results.write)
    for suffix in (".nii", ".nii.gz")
}
_DICOM = _format(dicom.read, dicom.stored, nifti_results.write)  # what is no DICOM either is refused by its reader
FORMATS = {
    **_NIFTI,
    ".nrrd": _medical(".nrrd"), ".nhdr": _medical(".nrrd"), ".mha": _medical(".mha"), ".mhd": _medical(".mha"),
    ".png": _picture(".png"), ".jpg": _picture(".png"), ".jpeg": _picture(".png"), ".bmp": _picture(".png"),
    ".tif": _picture(".tif"), ".tiff": _picture(".tif"),
    ".npy": Format(read=arrays.read, stored=arrays.stored, write=arrays.write),
}  # fmt: skip
SUFFIXES = tuple(FORMATS)


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
    if not others:  # as it is: to put one array together would be to copy it
        return first
    return first._replace(channels=np.concatenate([first.channels, *(on_grid(each, first) for each in others)]))


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
    labels = on_grid(found, like)[0]
    whole = np.isfinite(labels) & (labels == np.round(labels))
    if not whole.all():
        raise ValueError(f"{path} holds {labels[~whole][0]:g}; labels must be whole numbers")
    return labels.astype(int)


def read_stored(paths: Sequence[str | Path]) -> list[Stored]:
    """What the headers of an image's files tell. Raises as `read_image`, as far as headers tell."""
    return [_format_of(existing(path)).stored(path, len(paths) > 1) for path in map(Path, paths)]


def write_labels(stem: str | Path, labels: np.ndarray, like: Image) -> Path:
    """Write a label map (H, W[, D]) in the format and with the geometry of `like`, 8-bit if it fits, else 16.

    stem: the path without suffix. Returns the path written.
    """
    path = Path(f"{stem}{like.suffix}")
    FORMATS[like.suffix].write(path, labels.astype(np.uint8 if labels.max() < 256 else np.uint16), like)
    return path


def write_maps(stem: str | Path, values: np.ndarray, like: Image) -> Path:
    """Write a map (H, W[, D]), or several (K, H, W[, D]), as float32 where and in the format that `like` has.

    Of several, NIfTI volumes get the classes along a fourth axis; 2-D NIfTI, NRRD and MetaImage hold them as
    vectors; PNG, which knows no floats, becomes a TIFF of K channels; `.npy` is (K, H, W[, D]). `read_image`
    reads all. stem: the path without suffix. Returns the path written.
    """
    suffix = FORMATS[like.suffix].floats_as or like.suffix
    path = Path(f"{stem}{suffix}")
    FORMATS[suffix].write(path, values.astype(np.float32), like)
    return path


def _format_of(path: Path) -> Format:
    """The format of a file by its name; of all others, DICOM."""
    name = path.name.lower()
    suffix = ".nii.gz" if name.endswith(".nii.gz") else Path(name).suffix
    return FORMATS.get(suffix, _DICOM)


def _read(path: Path, one_channel: bool) -> Image:
    """Read one file. one_channel: take a `.npy` for (H, W[, D]) rather than channels first."""
    found = _format_of(existing(path)).read(path, one_channel)
    if found.channels.dtype.kind not in "biuf":
        raise ValueError(f"{path} holds {found.channels.dtype}; expected real numbers")
    return found._replace(channels=np.asarray(found.channels, floating(found.channels.dtype), order="C"))
