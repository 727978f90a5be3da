"""What the samples of a TIFF mean: greys from black or from white, a palette, red, green and blue."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import PHOTOMETRIC

_READ = (
    *(PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.MASK),
    *(PHOTOMETRIC.RGB, PHOTOMETRIC.PALETTE),
)
_JPEG = (tifffile.COMPRESSION.OJPEG, tifffile.COMPRESSION.JPEG)  # unpacking turns YCbCr into RGB
_PLAIN_BITS = {
    PHOTOMETRIC.MINISBLACK: (1, 8, 16, 32, 64),
    PHOTOMETRIC.RGB: (8, 16, 32, 64),
    PHOTOMETRIC.YCBCR: (8,),
    PHOTOMETRIC.PALETTE: (8,),
}


def photometric(page: Any) -> int:
    """What the samples of a page are. If the file does not tell, tifffile has 0, the code of 0 as white."""
    said = page.photometric or "PhotometricInterpretation" in page.tags
    return int(page.photometric) if said else int(PHOTOMETRIC.MINISBLACK)


def check(page: Any) -> None:
    """Raise ValueError for colours that are not red, green and blue once they are unpacked."""
    model = photometric(page)
    in_jpeg = model == PHOTOMETRIC.YCBCR and page.compression in _JPEG
    if not (model in _READ or in_jpeg):
        name = {each.value: each.name for each in PHOTOMETRIC}.get(model, model)
        raise ValueError(f"its colours are {name}; save it as RGB")


def white_is_zero(page: Any) -> bool:
    """Whether 0 is white. tifffile claims it for every array of bool that it writes, but stores True as 1."""
    unmeant = page.bitspersample == 1 and page.software == "tifffile.py"
    return photometric(page) == PHOTOMETRIC.MINISWHITE and not unmeant


def plain(page: Any) -> bool:
    """Whether all libraries give the values as stored; some stretch few bits, mix planes, or divide by alpha."""
    in_pixels = page.samplesperpixel == 1 or page.planarconfig == tifffile.PLANARCONFIG.CONTIG
    multiplied = tifffile.EXTRASAMPLE.ASSOCALPHA in page.extrasamples
    return in_pixels and not multiplied and page.bitspersample in _PLAIN_BITS.get(photometric(page), ())


def bright_is_large(path: Path, values: np.ndarray, bits: int, labels: bool) -> np.ndarray:
    """Values of which 0 is white, turned round so that bright is large, with a warning.

    A label map is left as it is: its values are names, not greys, and 0 is the background. But one of black and
    white alone is a mask, whose inside is white. Raises ValueError for floats, which have no largest value.
    """
    if values.dtype.kind == "f":
        remedy = "what is black is not known; save it with 0 as black"
        raise ValueError(f"cannot read {path}: white is 0 in it (MINISWHITE), and of floats {remedy}")
    black = values.dtype.type(2**bits - 1 if values.dtype.kind == "u" else ~values.dtype.type(0))
    if labels and not np.isin(values, (0, black)).all():
        return values
    trouble = f"white is 0 in {path} (MINISWHITE): turned round, so that bright is large"
    warnings.warn(trouble, stacklevel=6)
    return black ^ values  # black has every bit set, so that this is black − values
