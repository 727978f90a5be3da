"""Grids of images: four a row, each row in its window of greys."""

import numpy as np
import pytest
from matplotlib.image import imread

from deepmix.report import grids

IMAGES = {f"image {number}": np.full((20, 30), float(number)) for number in range(6)}


def test_images_fall_into_rows_of_four():
    rows = grids.strips(IMAGES, (1.0, 3.0), "1 … 3")
    assert [list(row.images) for row in rows] == [list(IMAGES)[:4], list(IMAGES)[4:]]
    assert [row.said for row in rows] == ["1 … 3"] * 2


def test_each_row_has_its_window(tmp_path):
    """What is outside of the window is black or white; 2 is the middle of 1 … 3 and the end of 2 … 7."""
    titled = dict(list(IMAGES.items())[:4])
    rows = [grids.Strip(images=titled, window=window, said="") for window in ((1.0, 3.0), (2.0, 7.0))]
    grids.draw(tmp_path / "grid.png", rows)
    picture = imread(tmp_path / "grid.png")[..., 0]
    height, width = picture.shape
    greys = [
        [picture[int(row * height), int((column + 0.5) / 4 * width)] for column in range(4)] for row in (0.3, 0.8)
    ]
    assert greys[0] == pytest.approx([0, 0, 0.5, 1], abs=0.02)
    assert greys[1] == pytest.approx([0, 0, 0, 0.2], abs=0.02)
