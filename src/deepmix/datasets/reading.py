"""Reads the files of a case into arrays and checks them; everything that is wrong is reported at once."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from deepmix.files.images import read_image, read_labels, read_mask
from deepmix.files.records import Image

from . import volumes
from .cases import CaseFiles, LoadedCase, cropped
from .crop import Crop, fitting

Result = TypeVar("Result")


def load(
    case: CaseFiles,
    size: tuple[int, int] | None = None,
    n_classes: int | None = None,
    dimension: int = 2,
    spacing: tuple[float, ...] | None = None,
) -> list[LoadedCase]:
    """Read a case: its image, or those slices of its volume on which the mask holds a pixel.

    size: crop to (h, w), see `crop.around`; None: as the layout says, or not at all.
    n_classes: K, the largest label allowed; None: any. dimension: 3: the volume is one item, and not cropped.
    spacing: that the volume must have about, in mm; None: any. Raises ValueError that names everything that is
    wrong.
    """
    faults = list(case.faults)
    items: list[LoadedCase] = []
    if (image := _channels(case, faults)) is not None:
        if dimension == 3:
            faults += volumes.faults(image, spacing)
        labels = _labels(case, image, n_classes, faults)
        mask = _mask(case, image, labels, faults)
        if mask is not None and not faults:
            items = _items(case, image, mask, labels, dimension, faults)
    if dimension == 2:
        size = size or case.layout.size
    if items and size and np.greater(span := fitting((item.mask for item in items), 1), size).any():
        (height, width), (h, w) = span, size
        faults.append(f"the mask spans up to {height}×{width} pixels, too many for a crop of {h}×{w}")
    if faults:
        raise ValueError("; ".join(dict.fromkeys(faults)))
    return [cropped(item, size) for item in items]


def _channels(case: CaseFiles, faults: list[str]) -> Image | None:
    """The image; if its files cannot be read, or not together, the first file that can."""
    paths = list(case.channels.values())
    if not paths:
        return None
    found: list[str] = []
    image = _attempt(found, read_image, paths, "samples")  # of one channel a file, pages are slices
    if image is not None:
        if len(image.channels) != len(paths):
            faults.append(f"{len(image.channels)} channels in {len(paths)} files; every file must hold one")
        return image
    for path in paths:  # each beside the first that can be read, so that no fault hides another
        pair = _attempt(faults, read_image, [image.source if image else path, path], "samples")
        image = image or pair
    return image


def _labels(case: CaseFiles, image: Image, n_classes: int | None, faults: list[str]) -> np.ndarray | None:
    """The label map (H, W[, D]), 0 … K."""
    labels = None if case.labels is None else _attempt(faults, read_labels, case.labels, image)
    if labels is None:
        return None
    if case.layout.codes:
        known = np.zeros(labels.shape, int)
        for label, (_, code) in enumerate(case.layout.codes, start=1):
            known[labels == code] = label
        labels = known
    if labels.min() < 0:
        faults.append(f"{case.labels} holds the label {labels.min()}; labels are 0, 1, 2, …")
    if n_classes is not None and labels.max() > n_classes:
        faults.append(f"{case.labels} holds the label {labels.max()}; there are {n_classes} classes")
    return labels


def _mask(case: CaseFiles, image: Image, labels: np.ndarray | None, faults: list[str]) -> np.ndarray | None:
    """The mask (H, W[, D]) bool; None if it cannot be read."""
    if case.mask is not None:
        inside = _attempt(faults, read_mask, case.mask, image)
    elif case.layout.codes:
        inside = None if labels is None else labels != 0
    else:
        inside = np.ones(image.channels.shape[1:], bool)
    if inside is not None and not inside.any():
        faults.append("the mask is empty")
    return inside


def _items(
    case: CaseFiles,
    image: Image,
    mask: np.ndarray,
    labels: np.ndarray | None,
    dimension: int,
    faults: list[str],
) -> list[LoadedCase]:
    """The image or volume, or the slices that can be used, whole."""
    like = image._replace(channels=np.empty((0, *mask.shape), np.float32))
    extent = mask.shape[:dimension]
    whole = Crop(start=(0,) * dimension, size=extent, shape=extent)
    tissues = range(1, len(case.layout.codes) + 1)
    items = []
    for z in range(mask.shape[2]) if mask.ndim > dimension else [None]:
        at = ... if z is None else (..., z)
        truth = None if labels is None else labels[at]
        if not mask[at].any() or not (truth is None or np.isin(tissues, truth).all()):
            continue
        name = case.name if z is None else f"{case.name}/slice_{z:02}"
        with np.errstate(over="ignore"):  # becomes infinity, which is a fault or does not count
            pixels = np.ascontiguousarray(image.channels[at], np.float32)
        items.append(
            LoadedCase(
                name=name,
                image=pixels,
                mask=mask[at],
                labels=truth,
                crop=whole,
                case=case,
                like=like,
                z=z,
            )
        )
    if not items:
        what = "slice" if dimension == 2 else "volume"
        faults.append(f"no {what} holds all of {', '.join(tissue for tissue, _ in case.layout.codes)}")
    for channel, name in enumerate(case.channels):
        lost = [item.name for item in items if not np.isfinite(item.image[channel, item.mask]).all()]
        if lost:
            more = f" (and {len(lost) - 1} more)" if lost[1:] else ""
            faults.append(f"{name} holds NaN or infinity in the mask of {lost[0]}{more}")
    return [item._replace(image=np.where(np.isfinite(item.image), item.image, 0)) for item in items]


def _attempt(faults: list[str], function: Callable[..., Result], *arguments: object) -> Result | None:
    """The function's result; if it raises, None, with the message added to the faults."""
    try:
        return function(*arguments)
    except (ValueError, OSError) as error:
        faults.append(str(error))
        return None
