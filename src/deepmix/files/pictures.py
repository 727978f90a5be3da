"""Pictures: PNG, JPEG, BMP, TIFF."""

from pathlib import Path

from . import itk
from .records import Image, Stored


def read(path: Path, suffix: str) -> Image:
    """The colours of a picture; alpha is no channel."""
    found = itk.read(path, suffix)
    return found._replace(channels=found.channels[: _n_colours(path, len(found.channels))])


def stored(path: Path) -> Stored:
    """What the header tells."""
    found = itk.stored(path)
    return found._replace(n_channels=_n_colours(path, found.n_channels))


def _n_colours(path: Path, n_channels: int) -> int:
    return 3 if path.suffix.lower() == ".png" and n_channels == 4 else n_channels
