"""Cases: which files belong together, and what is read of them, slice by slice."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepmix.files.records import Image

from .crop import Crop, around


class Layout(NamedTuple):
    """What a known data set fixes; by default nothing.

    codes: tissues and their codes in the label files; the first becomes label 1, and so on, other codes 0.
    Where there are codes, the mask is where one of them is, and only slices that hold all of them are used.
    size: of the crop (h, w). test_patients: those who never train.
    """

    codes: tuple[tuple[str, int], ...] = ()
    size: tuple[int, int] | None = None
    test_patients: tuple[str, ...] = ()


class CaseFiles(NamedTuple):
    """The files of an image or a volume.

    channels: a file each, by name. mask: the pixels that count; None: those of the codes, or else all.
    labels: the truth; None: unknown. patient: whose cases are all for training or all for testing.
    faults: what is wrong already before a file is read.
    """

    name: str
    channels: dict[str, Path]
    mask: Path | None
    labels: Path | None
    patient: str
    layout: Layout = Layout()
    faults: tuple[str, ...] = ()


class LoadedCase(NamedTuple):
    """A 2-D image or a slice of a volume, and where it comes from.

    name: that of the case; of a slice `case/slice_03`, counted from 0 as `--slices` does.
    image: (M, h, w) float32, in the unit of the files; what is not finite outside the mask is 0.
    mask: (h, w) bool. labels: (h, w) int, 0 … K, or None. crop: where h × w lies in the image or slice.
    like: for `images.write_labels`, without pixels. z: which slice; None: the file has none.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray
    labels: np.ndarray | None
    crop: Crop
    case: CaseFiles
    like: Image
    z: int | None


def cropped(item: LoadedCase, size: tuple[int, int] | None) -> LoadedCase:
    """What was loaded whole, cropped to (h, w) round its mask; as it is for None.

    Raises ValueError if the mask does not fit.
    """
    if size is None:
        return item
    crop = around(item.mask, size)
    labels = None if item.labels is None else crop.take(item.labels)
    return item._replace(image=crop.take(item.image), mask=crop.take(item.mask), labels=labels, crop=crop)


def assembled(items: Sequence[LoadedCase], maps: Sequence[np.ndarray]) -> np.ndarray:
    """Maps (…, h, w), one for each item of a case, at their places in its files: (…, H, W[, D]), 0 elsewhere."""
    whole = np.zeros((*maps[0].shape[:-2], *items[0].like.channels.shape[1:]), maps[0].dtype)
    for item, each in zip(items, maps, strict=True):
        whole[... if item.z is None else (..., item.z)] = item.crop.give(each)
    return whole
