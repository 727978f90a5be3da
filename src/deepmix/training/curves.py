"""What training looked like, from its metrics."""

import csv
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from deepmix.figures import class_colour

from .runs import Epoch


def write_table(path: Path, epochs: Sequence[Epoch]) -> None:
    """One row an epoch, as CSV."""
    names = list(epochs[0].dice or ())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "learning_rate", "nll", "regularizer", *(f"dice {name}" for name in names)])
        for each in epochs:
            scores = (each.dice or {}).values()
            writer.writerow([each.epoch, each.learning_rate, each.nll, each.regularizer, *scores])


def draw(path: Path, epochs: Sequence[Epoch]) -> None:
    """NLL, regulariser and, where truth is known, Dice over the epochs."""
    numbers = [each.epoch for each in epochs]
    panels = ["NLL", "regulariser", "Dice"][: 3 if epochs[0].dice else 2]
    figure = Figure(figsize=(4 * len(panels), 3.2), dpi=100, layout="constrained")
    axes = figure.subplots(1, len(panels))
    axes[0].plot(numbers, [each.nll for each in epochs])
    axes[1].plot(numbers, [each.regularizer for each in epochs])
    for number, name in enumerate(epochs[0].dice or (), start=1):
        line = [(each.dice or {}).get(name) for each in epochs]
        axes[2].plot(numbers, line, color=class_colour(number), label=name)
    for panel, title in zip(axes, panels, strict=True):
        panel.set(title=title, xlabel="epoch")
        panel.grid(alpha=0.3)
    if len(panels) == 3:
        axes[2].set_ylim(0, 1)
        axes[2].legend(fontsize="small")
    figure.savefig(path)
