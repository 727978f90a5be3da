"""The scores as tables: methods against rows of images."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from .scores import Score


def rows(scores: Sequence[Score]) -> list[str]:
    """The rows, in their order."""
    return list(dict.fromkeys(score.row for score in scores))


def mean_of(scores: Sequence[Score], method: str, row: str) -> float:
    """Mean Dice over the images and seeds of a row; NaN if the method has none."""
    found = [score.dice for score in scores if (score.method, score.row) == (method, row)]
    return float(np.mean(found)) if found else float("nan")


def dice(scores: Sequence[Score]) -> Table:
    """Mean ± standard deviation of Dice for every method and row, mean over the rows, wins, collapses, seconds."""
    by_row = rows(scores)
    result = Table("method", *by_row, "mean", "wins", "collapsed", "s an image", title="matched Dice")
    methods = list(dict.fromkeys(score.method for score in scores))
    won = wins(scores)
    for method in methods:
        own = [score for score in scores if score.method == method]
        cells = []
        for row in by_row:
            found = [score.dice for score in own if score.row == row]
            cells.append(f"{np.mean(found):.3f}±{np.std(found):.3f}" if found else "")
        means = [mean_of(scores, method, row) for row in by_row]
        over_all = "" if np.isnan(means).any() else f"{np.mean(means):.3f}"
        collapsed = str(sum(score.collapsed for score in own))
        seconds = f"{np.median([score.seconds for score in own]):.2g}"
        result.add_row(method, *cells, over_all, str(won[method]), collapsed, seconds)
    return result


def wins(scores: Sequence[Score]) -> dict[str, int]:
    """On how many images a method has the best mean over the seeds; if several tie, each of them wins."""
    methods = dict.fromkeys(score.method for score in scores)
    won = dict.fromkeys(methods, 0)
    for case in dict.fromkeys(score.case for score in scores):
        means = {
            method: np.mean([score.dice for score in scores if (score.case, score.method) == (case, method)])
            for method in methods
            if any((score.case, score.method) == (case, method) for score in scores)
        }
        best = max(means.values())
        for method, mean in means.items():
            won[method] += mean >= best - 1e-12
    return won
