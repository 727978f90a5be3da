"""The description of a segmentation as plain data, for report.json."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deepmix.files.outputs import versions
from deepmix.segmentation.methods import METHODS
from deepmix.segmentation.results import Part, Segmentation
from deepmix.settings import flat

# The name in reports of the value that a fit lowers, by `Settings.measure`.
VALUES = {"NLL": "nll", "F": "free_energy", "J": "objective"}


def report_of(result: Segmentation) -> dict[str, Any]:
    """A segmentation as plain data: settings by their flat names, versions, and how each fit went."""
    settings = result.settings
    method, guide = METHODS[settings.method], METHODS[settings.guidance.guide]
    return {
        "method": settings.method,
        "selection": None if result.selection is None else result.selection._asdict(),
        "field": None if result.field is None else result.field._asdict(),
        "distribution": None if result.distribution is None else result.distribution._asdict(),
        "doubt": None if result.doubt is None else result.doubt._asdict(),
        "ambiguity": float(result.ambiguity[result.labels > 0].mean()),
        "settings": flat(settings) | {"dtype": settings.floating},
        "versions": versions(),
        "seconds": result.seconds,
        "standardization": result.scale._asdict(),
        "units": "means, covariances and parameters of a distribution in the unit of the image (of lognormal "
        "in its logarithm); all else of the standardised channels"
        + (f"; all of {blocks(settings.shrink)}" if settings.shrink > 1 else ""),
        "fits": [_of_part(part, settings.measure, method.settles) for part in result.parts],
        "guide": None if result.guide is None else _of_part(result.guide, guide.measure, guide.settles),
    } | _of_memberships(result)


def blocks(shrink: int) -> str:
    """What a shrunk segmentation fits instead of pixels, which vary more."""
    return f"means over blocks of {shrink} × {shrink} pixels"


def channel_names(paths: Sequence[str | Path], n_channels: int) -> list[str]:
    """Names of the channels: those of the files if each file is one channel, else numbers."""
    if len(paths) == n_channels:
        return [Path(path).name.split(".")[0] for path in paths]
    return [f"channel {number}" for number in range(n_channels)]


def _of_part(part: Part, measure: str, settles: str) -> dict[str, Any]:
    """A fit as plain data, its value under the name of its measure."""
    about = part._asdict()
    value = {VALUES[measure]: about.pop("value")}
    about |= about.pop("parameters") or {}
    return about | value | {"steps": part.steps, "message": part.status.message(measure, settles)}


def _of_memberships(result: Segmentation) -> dict[str, Any]:
    """The partition coefficient of fuzzy C-means [FC4]."""
    if result.settings.method != "fcm":
        return {}
    return {"partition_coefficient": float((result.probabilities**2).sum(axis=0)[result.labels > 0].mean())}
