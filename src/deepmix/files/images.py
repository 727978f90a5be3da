"""From image files to arrays and back; the geometry is kept.

An image is (M, H, W) or (M, H, W, D): channels first, then the axes in the file's own order. For NIfTI, NRRD,
MetaImage, DICOM and pictures that is x, y[, z] (as in nibabel); for `.npy` the order in which it was saved.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

try:
    from . import arrays, dicom, itk, nifti, nifti_results, pictures, signatures, tiff
    from .labels import inside, whole
except ImportError as error:
    raise ImportError(f"deepmix.images needs {error.name}: pip install 'deepmix[app]'") from error
from .grids import on_grid
from .inputs import existing
from .records import TIFF, Image, Meant, Stored, floating


class Format(NamedTuple):
    """How files of a format are read and written.

    read: from a path, and what is known of it, to an image; channels as stored. stored: the same, for the header
    alone. write: a map (H, W[, D]), or several with the classes first, with the geometry of an image.
    floats_as: the suffix for maps of floats, if the format has no floats.
    """

    read: Callable[[Path, Meant], Image]
    stored: Callable[[Path, Meant], Stored]
    write: Callable[[Path, np.ndarray, Image], None]
    floats_as: str | None = None


def _format(
    read: Callable[[Path], Image],
    stored: Callable[[Path], Stored],
    write: Callable[[Path, np.ndarray, Image], None],
) -> Format:
    """A format whose files tell which of their axes are channels."""
    return Format(read=lambda path, _: read(path), stored=lambda path, _: stored(path), write=write)


def _medical(suffix: str) -> Format:
    return _format(partial(itk.read, suffix=suffix), itk.stored, itk.write)


_PICTURE = Format(read=pictures.read, stored=pictures.stored, write=pictures.write, floats_as=".tif")
_TIFF = Format(read=tiff.read, stored=tiff.stored, write=tiff.write)
_NIFTI = {
    suffix: _format(partial(nifti.read, suffix=suffix), nifti.stored, nifti_results.write)
    for suffix in (".nii", ".nii.gz")
}
_DICOM = _format(dicom.read, dicom.stored, nifti_results.write)  # its reader refuses files that are not DICOM
FORMATS = {
    **_NIFTI,
    ".nrrd": _medical(".nrrd"), ".nhdr": _medical(".nrrd"), ".mha": _medical(".mha"), ".mhd": _medical(".mha"),
    ".png": _PICTURE, ".jpg": _PICTURE, ".jpeg": _PICTURE, ".bmp": _PICTURE,
    **dict.fromkeys(TIFF, _TIFF),
    ".npy": Format(read=arrays.read, stored=arrays.stored, write=arrays.write),
}  # fmt: skip
SUFFIXES = tuple(FORMATS)


def read_image(paths: Sequence[str | Path], channels_are: str | None = None) -> Image:
    """Read the channels of an image from one or more files, in their order.

    A file may hold several channels: colours (alpha is dropped), the components of a vector, the fourth axis.
    A single `.npy` is (H, W), (M, H, W) or (M, H, W, D); beside other files it is one channel, (H, W[, D]).
    paths: NIfTI, NRRD, MetaImage, PNG, TIFF, JPEG, BMP, a DICOM file, a folder with one DICOM series, `.npy`.
    channels_are: what the channels of a TIFF are that does not say what its pages are, `pages` or `samples`;
    None: its pages are slices of a volume.
    Raises FileNotFoundError if a file does not exist, and ValueError for files that cannot be read or do not lie
    on the same grid.
    """
    if not paths:
        raise ValueError("no image file given")
    meant = Meant(one_channel=len(paths) > 1, channels_are=channels_are)
    first, *others = (_read(Path(path), meant) for path in paths)
    if not others:  # putting together would hold it twice
        return first
    return first._replace(channels=np.concatenate([first.channels, *(on_grid(each, first) for each in others)]))


def read_grid(path: str | Path) -> Image:
    """Read a mask or a label map as an image of one channel, which `read_labels` takes as `like`.

    A `.npy` is (H, W) or (H, W, D). Raises FileNotFoundError if there is no such file, and ValueError if it cannot
    be read.
    """
    return _read(Path(path), Meant(one_channel=True, labels=True))


def read_labels(path: str | Path, like: Image) -> np.ndarray:
    """Read a label map: (H, W[, D]) int, on the grid of `like`; if it has a palette, the indices into it.

    If either file has no place in the patient (pictures, `.npy`), only the size is compared.
    Raises FileNotFoundError if there is no such file, and ValueError if it cannot be read, lies on another grid,
    has several channels, or holds values that are not whole numbers (up to the rounding of a scale factor).
    """
    return whole(_one_channel(found := read_grid(path), like), found.source)


def read_mask(path: str | Path, like: Image, threshold: float | None = None) -> np.ndarray:
    """Read a mask: (H, W[, D]) bool, where values are not 0, or above a threshold. Raises as `read_labels`."""
    return inside(_one_channel(found := read_grid(path), like), found, threshold)


def read_stored(paths: Sequence[str | Path], channels_are: str | None = None) -> list[Stored]:
    """The headers of an image's files. Raises as `read_image`, as far as headers tell."""
    meant = Meant(one_channel=len(paths) > 1, channels_are=channels_are)
    return [_format_of(existing(path)).stored(path, meant) for path in map(Path, paths)]


def write_labels(stem: str | Path, labels: np.ndarray, like: Image) -> Path:
    """Write a label map (H, W[, D]) in the format and with the geometry of `like`, in 8 bits if they fit, else 16.

    stem: the path without suffix. Returns the path written.
    """
    path = Path(f"{stem}{like.suffix}")
    FORMATS[like.suffix].write(path, labels.astype(np.uint8 if labels.max() < 256 else np.uint16), like)
    return path


def write_maps(stem: str | Path, values: np.ndarray, like: Image) -> Path:
    """Write a map (H, W[, D]), or several (K, H, W[, D]), as float32 in the format and geometry of `like`.

    Several maps lie along the fourth axis of a NIfTI volume, and are vectors in 2-D NIfTI, NRRD and MetaImage;
    PNG, which has no floats, becomes a TIFF of K channels; `.npy` is (K, H, W[, D]). `read_image` reads all of
    these. stem: the path without suffix. Returns the path written.
    """
    suffix = FORMATS[like.suffix].floats_as or like.suffix
    path = Path(f"{stem}{suffix}")
    FORMATS[suffix].write(path, values.astype(np.float32), like)
    return path


def _format_of(path: Path) -> Format:
    """The format of a file by its name, else by its first bytes; for all others, DICOM."""
    name = path.name.lower()
    suffix = ".nii.gz" if name.endswith(".nii.gz") else Path(name).suffix
    return FORMATS.get(suffix) or FORMATS.get(signatures.suffix(path), _DICOM)


def _read(path: Path, meant: Meant) -> Image:
    found = _format_of(existing(path)).read(path, meant)
    if found.channels.dtype.kind not in "biuf":
        raise ValueError(f"{path} holds {found.channels.dtype}; expected real numbers")
    return found._replace(channels=np.asarray(found.channels, floating(found.channels.dtype), order="C"))


def _one_channel(found: Image, like: Image) -> np.ndarray:
    """The values (H, W[, D]) of a mask or a label map on the grid of `like`."""
    if len(found.channels) != 1:
        raise ValueError(f"{found.source} has {len(found.channels)} channels; a mask or label map has one")
    return on_grid(found, like)[0]
