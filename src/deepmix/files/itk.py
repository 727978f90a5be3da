"""The formats that ITK reads and writes, with the geometry kept; and ITK without its own warnings."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from .inputs import one_line
from .records import Geometry, Image, Stored
from .silence import silent


@contextmanager
def quiet(doing: str) -> Iterator[None]:
    """Keep ITK from printing warnings in this block. Errors of ITK become a ValueError in one line."""
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        with silent():
            yield
    except RuntimeError as error:
        raise ValueError(f"{doing}: {_one_line(error)}") from error
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)


def read(path: Path, suffix: str) -> Image:
    """The image of a file, its channels the components of its vectors or its fourth axis."""
    with quiet(f"cannot read {path}"):
        return image_of(sitk.ReadImage(str(path)), path, suffix)


def stored(path: Path) -> Stored:
    """The contents of the header. Raises ValueError as `read`."""
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    with quiet(f"cannot read {path}"):
        header.ReadImageInformation()
        size, n_components = header.GetSize(), header.GetNumberOfComponents()
        dtype = sitk.GetArrayViewFromImage(sitk.Image([1, 1], header.GetPixelID(), n_components)).dtype
    return Stored(shape=size[:3], n_channels=size[3] if len(size) == 4 else n_components, dtype=dtype)


def image_of(image: sitk.Image, path: Path, suffix: str) -> Image:
    """An image of ITK as a `records.Image` with the axes x, y[, z]. Raises ValueError for more axes."""
    array, n_axes = sitk.GetArrayFromImage(image).T, image.GetDimension()
    in_components = image.GetNumberOfComponentsPerPixel() > 1
    if n_axes > 4 or (n_axes == 4 and in_components):
        raise ValueError(f"{path} has more than three axes beside its channels")
    if n_axes == 4:
        array = np.moveaxis(array, -1, 0)
    elif not in_components:
        array = array[None]
    one = image[:, :, :, 0] if n_axes == 4 else image
    geometry = Geometry(
        size=one.GetSize(), spacing=one.GetSpacing(), origin=one.GetOrigin(), direction=one.GetDirection()
    )
    return Image(channels=array, geometry=geometry, suffix=suffix, source=path)


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write a map (H, W[, D]), or several (K, H, W[, D]) as components of vectors, with the geometry of `like`."""
    assert like.geometry is not None
    if array.ndim == len(like.geometry.size):
        write_image(path, placed(array, like.geometry))
    else:
        write_image(path, sitk.Compose([placed(each, like.geometry) for each in array]))


def write_image(path: Path, image: sitk.Image) -> None:
    """Write an image of ITK. Raises OSError."""
    try:
        with quiet(f"cannot write {path}"):
            sitk.WriteImage(image, str(path), useCompression=True)
    except ValueError as error:
        raise OSError(str(error)) from error


def placed(array: np.ndarray, geometry: Geometry) -> sitk.Image:
    """An array, in the order of axes of its file, as an image of ITK with a geometry."""
    image = sitk.GetImageFromArray(array.T, isVector=False)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def _one_line(error: Exception) -> str:
    """The last line of an error, without ITK's addresses."""
    line = one_line(error)
    if "Unknown PixelType" in line:
        return "SimpleITK does not know its kind of pixel"
    if line.startswith("Reason:") and "File cannot be read" in str(error):  # the reason is of the last file sought
        return "the file is cut short or damaged"
    return re.sub(r"^.*?ERROR: (\w+\(0x\w+\): )?", "", line)
