"""Reads what a folder of results holds, for its page."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.files import images
from deepmix.files.outputs import REPORT
from deepmix.files.records import Image


class Contents(NamedTuple):
    """A segmentation, as read from its folder.

    report: report.json. labels: (H, W[, D]). probabilities: (K, H, W[, D]), or None if they were not written.
    ambiguity: (H, W[, D]), or None likewise. image: what was segmented, or None if its files are gone.
    truth: (H, W[, D]), or None. overlay: overlay.png.
    missing: what is not on the page, and why, one line each.
    """

    report: dict[str, Any]
    labels: np.ndarray
    probabilities: np.ndarray | None
    ambiguity: np.ndarray | None
    image: Image | None
    truth: np.ndarray | None
    overlay: bytes
    missing: list[str]


def read(folder: Path) -> Contents:
    """Read a folder that `deepmix segment` has written.

    Raises ValueError for any other folder.
    """
    report = _report(folder)
    (name,) = [name for name in report["files"] if name.startswith("labels.")]
    grid = images.read_grid(folder / name)
    labels = images.read_labels(folder / name, grid)
    missing = []
    maps = {name.split(".")[0]: folder / name for name in report["files"]}
    probabilities, ambiguity = None, None
    if "probabilities" in maps:
        probabilities = images.read_image([maps["probabilities"]]).channels
    else:
        missing.append("probability maps: segment with --probabilities")
    if "ambiguity" in maps:
        (ambiguity,) = images.read_grid(maps["ambiguity"]).channels
    else:
        missing.append("the ambiguity map: segment with --ambiguity")
    image, truth = None, None
    try:
        image = images.read_image([Path(path) for path in report["channels"]], report.get("channels_are"))
        truth = images.read_labels(report["truth"], image) if report.get("truth") else None
    except (OSError, ValueError) as error:
        missing.append(f"channels: {error}")
    if image is not None and image.channels.shape[1:] != labels.shape:
        image = None
        missing.append("channels: the files have changed since")
    return Contents(
        report=report,
        labels=labels,
        probabilities=probabilities,
        ambiguity=ambiguity,
        image=image,
        truth=truth,
        overlay=(folder / "overlay.png").read_bytes(),
        missing=missing,
    )


def _report(folder: Path) -> dict[str, Any]:
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        if {"fits", "channels", "files"} <= report.keys():
            return report
    except (OSError, ValueError):
        pass
    raise ValueError(f"{folder} holds no results of deepmix segment; name a folder that it has written")
