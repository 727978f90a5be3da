"""Cases: the files that belong together, and what is read from them, slice by slice."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepmix.files.records import Image

from .crop import Crop, around


class Layout(NamedTuple):
    """What is fixed in a known data set; by default nothing.

    codes: tissues and their codes in the label files; the first becomes label 1, and so on, other codes 0.
    Where there are codes, the mask is where one of them is, and only slices that hold all of them are used.
    size: of the crop (h, w) of a slice. test_patients: patients who are for testing only.
    """

    codes: tuple[tuple[str, int], ...] = ()
    size: tuple[int, int] | None = None
    test_patients: tuple[str, ...] = ()


class CaseFiles(NamedTuple):
    """The files of an image or a volume.

    channels: the file of each channel, by its name. mask: the pixels that count; None: those of the codes, or all
    if there are no codes. labels: the truth; None: unknown. patient: the cases of one patient are all for training
    or all for testing. faults: what is wrong even before a file is read.
    """

    name: str
    channels: dict[str, Path]
    mask: Path | None
    labels: Path | None
    patient: str
    layout: Layout = Layout()
    faults: tuple[str, ...] = ()


class LoadedCase(NamedTuple):
    """A 2-D image, a slice of a volume or a whole volume, and where it comes from.

    name: that of the case; for a slice `case/slice_03`, counted from 0 as in `--slices`.
    image: (M, *spatial) float32, in the unit of the files; values outside the mask that are not finite become 0.
    mask: (*spatial) bool. labels: (*spatial) int, 0 … K, or None. crop: where they lie in the image, slice or
    volume. like: for `images.write_labels`, without pixels. z: the number of the slice; None: it is no slice.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray
    labels: np.ndarray | None
    crop: Crop
    case: CaseFiles
    like: Image
    z: int | None


def cropped(item: LoadedCase, size: tuple[int, ...] | None) -> LoadedCase:
    """An item that was loaded whole, cropped to a size round its mask; unchanged for None.

    Raises ValueError if the mask does not fit.
    """
    if size is None:
        return item
    crop = around(item.mask, size)
    labels = None if item.labels is None else crop.take(item.labels)
    return item._replace(image=crop.take(item.image), mask=crop.take(item.mask), labels=labels, crop=crop)


def assembled(items: Sequence[LoadedCase], maps: Sequence[np.ndarray]) -> np.ndarray:
    """Maps (…, *spatial), one an item of a case, at their places in its files: (…, H, W[, D]), 0 elsewhere."""
    leading = maps[0].shape[: -len(items[0].crop.size)]
    whole = np.zeros((*leading, *items[0].like.channels.shape[1:]), maps[0].dtype)
    for item, each in zip(items, maps, strict=True):
        whole[... if item.z is None else (..., item.z)] = item.crop.give(each)
    return whole
