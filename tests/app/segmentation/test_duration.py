"""About how long a segmentation takes is said before the work."""

import numpy as np
import pytest

from deepmix.segmentation import duration, presets

ONE = range(3, 4)  # number of classes: none to choose from


def seconds(side: int, shrink: int = 1, method: str = "hmrf", n_components: int = 3, **given) -> float:
    settings = presets.settings("robust", n_components=n_components, method=method, **given)
    return duration.seconds(np.zeros((1, side, side, 4), np.float32), None, settings, shrink, ONE)


@pytest.mark.parametrize("method", ["gmm", "svgmm", "hmrf", "fcm", "deepsvg", "deepg"])
def test_more_takes_longer(method):
    assert seconds(200, method=method) > seconds(100, method=method) > 0
    assert seconds(100, method=method, n_components=4) > seconds(100, method=method)
    assert seconds(1000, shrink=4, method=method) < seconds(1000, method=method) / 4


def test_slices_and_masks_take_less():
    assert seconds(100, method="deepsvg", slices=(0, 2)) < seconds(100, method="deepsvg")
    settings = presets.settings("robust", n_components=3)
    mask = np.zeros((100, 100), bool)
    mask[:20, :30] = True
    of_mask, of_all = (duration.seconds(np.zeros((1, 100, 100)), each, settings, 1, ONE) for each in (mask, None))
    assert of_mask < of_all / 5


@pytest.mark.parametrize(
    ("side", "method", "words"),
    [
        (64, "hmrf", None),
        (4000, "hmrf", "hmrf: 2 minutes or so on two cores; --shrink 4: 8 seconds"),
        (3000, "deepsvg", "deepsvg: 2 hours or so on two cores; --shrink 4: 7 minutes"),
    ],
)
def test_long_work_is_told_before(side, method, words):
    image = np.broadcast_to(np.float32(0), (3, side, side, 4))
    assert duration.said(image, None, presets.settings("robust", n_components=3, method=method), ONE) == words


def test_of_the_reference_nothing_is_told():
    image = np.broadcast_to(np.float32(0), (3, 4000, 4000))
    settings = presets.settings("robust", n_components=3, backend="reference")
    assert duration.said(image, None, settings, ONE) is None


def test_every_number_of_classes_that_is_tried_takes_its_time():
    """Eight of them took 16 seconds of a processor on such an image, where eight classes alone take one."""
    image, settings = np.zeros((3, 600, 600)), presets.settings("robust", n_components=8, method="gmm")
    one, few, many = (duration.seconds(image, None, settings, 1, range(k, 9)) for k in (8, 6, 1))
    assert 0 < one < few / 2
    assert few < many
    assert 16 / 3 < many < 16
    large = np.broadcast_to(np.float32(0), (3, 2000, 2000))
    assert duration.said(large, None, settings, range(8, 9)) is None
    words = "gmm: 60 seconds or so on two cores; --shrink 4: 8 seconds"
    assert duration.said(large, None, settings, range(1, 9)) == words
