"""Whether two files lie on one grid."""

from collections.abc import Sequence

import numpy as np

from .records import PICTURES, Image


def on_grid(image: Image, like: Image) -> np.ndarray:
    """The channels of an image in the axes of `like`. Raises ValueError, saying what differs, for other grids."""
    channels, ours, theirs = image.channels, image.geometry, like.geometry
    suffixes = {image.suffix, like.suffix}
    if ".npy" in suffixes and suffixes.intersection(PICTURES) and channels.ndim == like.channels.ndim:
        channels = channels.transpose(0, *range(channels.ndim - 1, 0, -1))  # NumPy holds (pages,) rows and columns
    differences = []
    if channels.shape[1:] != like.channels.shape[1:]:
        differences = [f"size {_listed(channels.shape[1:], '×')} against {_listed(like.channels.shape[1:], '×')}"]
        if suffixes.intersection(PICTURES) and channels.shape[-1:0:-1] == like.channels.shape[1:]:
            differences.append("as if one were turned: pictures are read upright, as their orientation says")
    if channels.ndim != like.channels.ndim:
        differences.append("a 2-D image is not a volume, even of one slice")
    elif ours and theirs and not suffixes.intersection(PICTURES):
        voxel = min(theirs.spacing)  # rounding in a header must not count: about a hundredth of a pixel
        for name, tolerance in {"spacing": 1e-3 * voxel, "origin": 1e-2 * voxel, "direction": 1e-3}.items():
            here, there = getattr(ours, name), getattr(theirs, name)
            if len(here) != len(there):  # of two slices, one has a place in space and the other only in its plane
                continue
            if not np.allclose(here, there, rtol=0, atol=tolerance):
                differences.append(f"{name} {_listed(here)} against {_listed(there)}")
        if _in_other_units(ours.spacing, theirs.spacing):
            differences.append("as if one header lacked its unit, which is then taken for mm")
    if differences:
        raise ValueError(f"{image.source} does not match {like.source}: {'; '.join(differences)}")
    return channels


def _in_other_units(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether one spacing is a thousand, or a million, times the other."""
    ratios = np.divide(ours, theirs) if len(ours) == len(theirs) else np.ones(1)
    return any(np.allclose(ratios, factor, rtol=1e-3) for factor in (1e3, 1e-3, 1e6, 1e-6))


def _listed(numbers: Sequence[float], between: str = ", ") -> str:
    return between.join(f"{number:.5g}" for number in numbers)
