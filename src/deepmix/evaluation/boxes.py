"""The figure of an evaluation: a box per class."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from deepmix.report.figures import class_colour

from .measures import CaseScores

PANELS = {
    "dice": "Dice",
    "surface_dice": "surface Dice",
    "hausdorff_95": "HD95",
    "average_symmetric_surface_distance": "ASSD",
}


def draw(path: Path, cases: Sequence[CaseScores], names: Mapping[int, str]) -> None:
    """Draw, for four measures, a box of the finite scores of every class, and a point for each case, as PNG.

    A box spans the quartiles, and its whiskers reach to the last case within 1.5 box heights; the number of
    infinite values stands above it. names: of the classes by code.
    """
    figure = Figure(figsize=(len(PANELS) * max(2.4, 1 + 0.6 * len(names)), 3.6), dpi=100, layout="constrained")
    for axes, (measure, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        for place, code in enumerate(names, start=1):
            values = np.array([case.classes[code][measure] for case in cases if code in case.classes])
            finite, colour = values[np.isfinite(values)], class_colour(place)
            if len(finite):
                box = axes.boxplot([finite], positions=[place], widths=0.6, patch_artist=True, showfliers=False)
                box["boxes"][0].set(facecolor=colour, alpha=0.5)
                box["medians"][0].set(color="black")
                axes.plot(np.full(len(finite), place), finite, "o", color=colour, markersize=3, clip_on=False)
            if misses := np.isinf(values).sum():
                axes.text(place, 1, f"{misses} × ∞", transform=axes.get_xaxis_transform(), ha="center", va="top")
        axes.set(title=title, xlim=(0.4, len(names) + 0.6))
        axes.set_xticks(range(1, len(names) + 1), names.values(), rotation=30, ha="right")
        axes.set_ylim(0, 1.02 if "dice" in measure else 1.12 * axes.get_ylim()[1])  # room for what is infinite
        axes.grid(axis="y", alpha=0.3)
    figure.savefig(path)
