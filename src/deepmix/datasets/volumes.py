"""What volumes must share so that one network takes them all: three axes, and about one spacing."""

from collections.abc import Iterable, Sequence

import numpy as np

from deepmix.files.records import Image

from .cases import LoadedCase

ALIKE = 1.1  # how many times another spacing may be larger or smaller; rounded headers differ by less


def alike(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two spacings, a number per axis each, are about the same."""
    return bool((np.abs(np.log(np.divide(one, other))) < np.log(ALIKE)).all())


def faults(image: Image, spacing: tuple[float, ...] | None) -> list[str]:
    """What is wrong with an image that should be a volume. spacing: that it must have about; None: any."""
    if image.channels.ndim != 4:
        return [f"{image.source} has two axes, but a network of dimension 3 is for volumes"]
    if spacing is None or alike(image.spacing, spacing):
        return []
    said, wanted = ("×".join(f"{step:g}" for step in each) for each in (image.spacing, spacing))
    return [f"{image.source} has pixels of {said}, not of about {wanted} as all for one network must; resample it"]


def usual(cases: Iterable[list[LoadedCase]]) -> tuple[float, ...]:
    """The spacing of most volumes: along each axis the median, the lower one of two."""
    steps = np.sort([items[0].like.spacing for items in cases], axis=0)
    return tuple(steps[(len(steps) - 1) // 2].tolist())


def odd(cases: Sequence[list[LoadedCase]]) -> dict[str, str]:
    """By name of the case what is wrong with volumes whose spacing is not that of most."""
    spacing = usual(cases)
    found = {items[0].case.name: "; ".join(faults(items[0].like, spacing)) for items in cases}
    return {name: fault for name, fault in found.items() if fault}
