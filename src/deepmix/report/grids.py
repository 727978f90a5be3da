"""Images side by side, each row in a window of greys that is named beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepmix.report import figures

COLUMNS = 4


class Strip(NamedTuple):
    """A row of images (H, W) by their titles. window: what is black, and what is white. said: its name."""

    images: dict[str, np.ndarray]
    window: tuple[float, float]
    said: str


def strips(images: Mapping[str, np.ndarray], window: tuple[float, float], said: str) -> list[Strip]:
    """Images of one window, four a row."""
    titled = list(images.items())
    rows = [dict(titled[first : first + COLUMNS]) for first in range(0, len(titled), COLUMNS)]
    return [Strip(images=row, window=window, said=said) for row in rows]


def draw(path: Path, rows: Sequence[Strip]) -> None:
    """Write a PNG; the images are of one shape, their rows from above."""
    pictures = [
        [figures.colourless(figures.windowed(image, *row.window)) for image in row.images.values()] for row in rows
    ]
    figures.write(path, pictures, [list(row.images) for row in rows], sides=[row.said for row in rows])
