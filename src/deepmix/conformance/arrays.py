"""Arrays by name in files: one .npz archive, or a folder of plain .npy files; the same bytes on every run."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .flat import Arrays


def write_npz(place: Path, arrays: Arrays) -> None:
    """`place`.npz, as `numpy.savez_compressed`, but with plain headers, which small readers know, and no dates."""
    with zipfile.ZipFile(
        place.with_name(f"{place.name}.npz"), "w", zipfile.ZIP_DEFLATED, allowZip64=False
    ) as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            file.writestr(entry, _npy(array), zipfile.ZIP_DEFLATED)


def write_npy(place: Path, arrays: Arrays) -> None:
    """`place`/<name>.npy, in folders where names are paths."""
    for name, array in arrays.items():
        path = place / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_npy(array))


WRITERS = {"npz": write_npz, "npy": write_npy}  # by format


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(array), version=(1, 0), allow_pickle=False)
    return content.getvalue()


def read(place: Path) -> Arrays:
    """The arrays of `place`.npz, or of the .npy files in the folder `place`, by name.

    Raises FileNotFoundError if there is neither, ValueError if there are both, or what cannot be read.
    """
    archive = place.with_name(f"{place.name}.npz")
    if not place.is_dir():
        return _read_npz(archive)
    if archive.exists():
        raise ValueError(f"there are both {archive} and the folder {place}; keep one of them")
    paths = sorted(place.rglob("*.npy"))
    return {path.relative_to(place).with_suffix("").as_posix(): _read_npy(path) for path in paths}


def _read_npz(path: Path) -> Arrays:
    with _readable(path), path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no ZIP archive")
        with zipfile.ZipFile(file) as archive:
            entries = [name for name in archive.namelist() if not name.endswith("/")]  # no folders
            return {name.removesuffix(".npy"): _array(io.BytesIO(archive.read(name))) for name in entries}


def _read_npy(path: Path) -> np.ndarray:
    with _readable(path), path.open("rb") as file:
        return _array(file)


def _array(file: BinaryIO) -> np.ndarray:
    array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    if file.read(1):
        raise ValueError(f"it holds more than the numbers of the shape {array.shape}")
    return array


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged file makes of its readers
        raise ValueError(f"{path} cannot be read as {path.suffix}: {error}") from None
