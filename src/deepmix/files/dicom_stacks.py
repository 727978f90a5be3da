"""Images of a series as one volume: their order, and where it lies, checked against their headers."""

import warnings
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .dicom_headers import Plane
from .records import Geometry

_SAME_PLACE, _STRAIGHT = 0.01, 0.5  # in pixels: differences that rounding in the headers may cause
_BESIDE = 0.05  # of the largest step: so close to one set of slices another set may lie
_ALIKE: dict[str, Callable[[Plane], tuple[float, ...]]] = {
    "size": lambda plane: plane.size,
    "channels": lambda plane: (plane.n_channels,),
    "orientation": lambda plane: tuple(plane.axes.ravel().tolist()),
    "pixel spacing": lambda plane: tuple(plane.spacing.tolist()),
    "place (told or not)": lambda plane: (float(np.isnan(plane.position).any()),),
}


class Stack(NamedTuple):
    """The images of a volume in their order along its third axis, and where it lies."""

    planes: list[Plane]
    geometry: Geometry


def stack(planes: list[Plane], source: Path) -> Stack:
    """The volume that the images of a series form. source: the folder or file, for messages.

    If headers do not tell where images lie, the images are stacked by their numbers, with a warning. If the
    distances between slices differ, some may be missing, and there is a warning too.
    Raises ValueError for images that differ in a property that must be shared, that lie at one place, or that do
    not lie straight one on another.
    """
    planes = _once(planes)
    _check_alike(planes, source)
    first = planes[0]
    spacing = np.where(np.isnan(first.spacing), 1, first.spacing)
    if np.isnan(first.spacing).any():
        warnings.warn(f"the headers of {source} do not tell how large pixels are: taken as 1 mm", stacklevel=7)
    if np.isnan((*first.position, *first.axes.ravel())).any():
        planes, step = _by_number(planes, source)
        axes, origin = np.eye(3), np.zeros(3)
    else:
        axes = np.array([*first.axes, np.cross(*first.axes)])
        planes, step = _by_place(planes, axes[2], spacing.min(), source)
        origin = planes[0].position
    return Stack(
        planes=planes,
        geometry=Geometry(
            size=(*first.size, len(planes)),
            spacing=(*spacing.tolist(), step),
            origin=tuple(origin.tolist()),
            direction=tuple(axes.T.ravel().tolist()),
        ),
    )


def _once(planes: list[Plane]) -> list[Plane]:
    """The planes without copies of earlier ones under another name."""
    found: dict[tuple[object, ...], Plane] = {}
    for plane in planes:
        key = (plane.instance, plane.frame, plane.number, plane.position.tobytes())
        if (before := found.setdefault(key, plane)) is not plane:
            warnings.warn(f"{plane.name} is the same image as {before.name}: left out", stacklevel=8)
    return list(found.values())


def _check_alike(planes: list[Plane], source: Path) -> None:
    for what, of in _ALIKE.items():
        usual, _ = Counter(np.round(of(plane), 2).tobytes() for plane in planes).most_common(1)[0]
        like = next(of(plane) for plane in planes if np.round(of(plane), 2).tobytes() == usual)
        odd = [each for each in planes if not np.allclose(of(each), like, rtol=0, atol=1e-3, equal_nan=True)]
        if odd:
            more = f" and {len(odd) - 1} more" if odd[1:] else ""
            trouble = f"{odd[0].name}{more} differs from the other images of {source} in its {what}"
            raise ValueError(f"{trouble}; give it a folder of its own, or take it out")


def _by_number(planes: list[Plane], source: Path) -> tuple[list[Plane], float]:
    """The planes in the order of their numbers, and the distance between them by the header of the first."""
    step = 1.0 if np.isnan(planes[0].depth) else planes[0].depth
    if len(planes) > 1:
        trouble = f"the headers of {source} do not tell where its images lie: stacked by number, {step:g} mm apart"
        warnings.warn(trouble, stacklevel=8)
    return sorted(planes, key=lambda plane: (plane.number, plane.frame or 0)), step


def _by_place(planes: list[Plane], normal: np.ndarray, pixel: float, source: Path) -> tuple[list[Plane], float]:
    """The planes in their order along the normal, and the usual distance between them."""
    planes = sorted(planes, key=lambda plane: float(plane.position @ normal))
    positions = np.array([plane.position for plane in planes])
    steps = np.diff(positions @ normal)
    if not len(steps):
        return planes, 1.0 if np.isnan(planes[0].depth) else planes[0].depth
    if steps.min() <= max(_SAME_PLACE * pixel, _BESIDE * steps.max()):
        trouble = f"{source} has several images at one place, {_told_apart(planes, steps)}"
        raise ValueError(f"{trouble}; give each set a folder of its own")
    aside = positions - positions[0]
    aside -= np.outer(aside @ normal, normal)
    if (shift := np.linalg.norm(aside, axis=1).max()) > _STRAIGHT * pixel:
        raise ValueError(
            f"the slices of {source} do not lie straight one on another but up to {shift:.3g} mm aside, as with a "
            "tilted gantry; resample them first, for example with dcm2niix"
        )
    if steps.max() - steps.min() > 0.01 * steps.max():
        apart = f"{steps.min():g} to {steps.max():g} mm"
        warnings.warn(f"the slices of {source} are {apart} apart: some may be missing", stacklevel=8)
    return planes, float(np.median(steps))


def _told_apart(planes: list[Plane], steps: np.ndarray) -> str:
    """In words, the traits in which images at one place differ: those with the smallest steps between them."""
    least = 2 * steps.min()
    pairs = [pair for pair, step in zip(pairwise(planes), steps, strict=True) if step <= least]
    for trait in planes[0].traits:
        if all(one.traits.get(trait) != other.traits.get(trait) for one, other in pairs):
            values = (plane.traits.get(trait, "none") for plane in pairs[0])
            return f"which differ in their {trait}, such as {' and '.join(values)}"
    one, other = pairs[0]
    return f"which their headers do not tell apart, such as {one.name} and {other.name}"
