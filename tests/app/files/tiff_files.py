"""TIFF as no library at hand writes it: compressed by LZW, or with tags of its own."""

from pathlib import Path

import numpy as np
import tifffile

_CLEAR, _END = 256, 257
_COMPRESSION = 259


def lzw(data: bytes) -> bytes:
    """Bytes as LZW has them, each a code of 9 bits; the table is cleared before its codes grow longer."""
    starts = range(0, len(data), 200)
    codes = [code for start in starts for code in (_CLEAR, *data[start : start + 200])] + [_END]
    bits = "".join(f"{code:09b}" for code in codes)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def write_lzw(path: Path, segments: np.ndarray, shape: tuple[int, ...], **options: object) -> None:
    """Write a TIFF of a shape whose segments (a page or a plane each) hold these bytes, compressed by LZW."""
    whole = {"rowsperstrip": shape[1 if options.get("planarconfig") == "separate" else 0], "metadata": None}
    packed = (lzw(each.tobytes()) for each in segments)
    tifffile.imwrite(path, packed, shape=shape, dtype=segments.dtype, compression="zlib", **whole, **options)
    set_tag(path, _COMPRESSION, tifffile.COMPRESSION.LZW)


def set_tag(path: Path, tag: int, value: int) -> None:
    """Give a tag of every page another value."""
    with tifffile.TiffFile(path, mode="r+") as file:
        for page in file.pages:
            page.tags[tag].overwrite(value)


def packed_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """Rows of values (y, x) of a few bits each as TIFF stores them, a row in whole bytes."""
    each = values[..., None] >> np.arange(bits)[::-1] & 1
    return np.packbits(each.reshape(len(values), -1), axis=1)
