"""The course of a training, from its metrics: a table and a figure."""

import csv
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepmix.report.figures import class_colour

from .runs import Epoch


def write_table(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write one row per epoch, as CSV."""
    names = list(epochs[0].dice or ())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "learning_rate", "nll", "regularizer", *(f"dice {name}" for name in names)])
        for each in epochs:
            scores = (each.dice or {}).values()
            writer.writerow([each.epoch, each.learning_rate, each.nll, each.regularizer, *scores])


def draw(path: Path, epochs: Sequence[Epoch]) -> None:
    """Draw the NLL, what the loss adds to it if anything, and, if truth is known, Dice over the epochs."""
    curves: dict[str, dict[str, list[float | None]]] = {"NLL": {"": [each.nll for each in epochs]}}
    if any(each.regularizer for each in epochs):
        curves["regulariser"] = {"": [each.regularizer for each in epochs]}
    if epochs[0].dice:
        curves["Dice"] = {name: [(each.dice or {}).get(name) for each in epochs] for name in epochs[0].dice}
    figure = Figure(figsize=(4 * len(curves), 3.2), dpi=100, layout="constrained")
    for axes, (title, lines) in zip(
        figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
    ):
        for number, (name, line) in enumerate(lines.items(), start=1):
            axes.plot([each.epoch for each in epochs], line, color=class_colour(number), label=name)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if title == "Dice":
            axes.set_ylim(0, 1)
            axes.legend(fontsize="small")
    figure.savefig(path)
