"""The first bytes of files by format, for files whose name does not tell the format."""

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple


class Signature(NamedTuple):
    """The suffix of a format, and the bytes, one of several, that its files have at a place."""

    suffix: str
    place: int
    bytes: tuple[bytes, ...]


_SIGNATURES = (
    Signature(suffix=".dcm", place=128, bytes=(b"DICM",)),  # first: what stands before may be a TIFF's
    Signature(suffix=".tif", place=0, bytes=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    Signature(suffix=".png", place=0, bytes=(b"\x89PNG\r\n\x1a\n",)),
    Signature(suffix=".jpg", place=0, bytes=(b"\xff\xd8\xff",)),
    Signature(suffix=".bmp", place=0, bytes=(b"BM",)),
    Signature(suffix=".npy", place=0, bytes=(b"\x93NUMPY",)),
    Signature(suffix=".nii", place=344, bytes=(b"n+1\0",)),
    Signature(suffix=".nii", place=4, bytes=(b"n+2\0",)),
)
_PACKED = b"\x1f\x8b"
_LONGEST = max(each.place + len(each.bytes[0]) for each in _SIGNATURES)


def suffix(path: Path) -> str:
    """The suffix of the format by a file's first bytes; "" if they are unknown, and for a folder."""
    if path.is_dir():
        return ""
    with path.open("rb") as file:
        start = file.read(_LONGEST)
    if start.startswith(_PACKED):
        return ".nii.gz" if _of(_unpacked(path)) == ".nii" else ""
    return _of(start)


def _of(start: bytes) -> str:
    found = (each.suffix for each in _SIGNATURES if start.startswith(each.bytes, each.place))
    return next(found, "")


def _unpacked(path: Path) -> bytes:
    """The first bytes of a packed file; none if it is damaged."""
    try:
        with gzip.open(path) as file:
            return file.read(_LONGEST)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return b""
