"""What `deepmix evaluate` prints: a table of the classes, and how well the labellings agree."""

from typing import Any

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from .console import out

COLUMNS = {
    "dice": "Dice",
    "iou": "IoU",
    "sensitivity": "sens.",
    "specificity": "spec.",
    "precision": "prec.",
    "volumetric_similarity": "volume",
    "surface_dice": "surface\nDice",
    "hausdorff": "HD",
    "hausdorff_95": "HD95",
    "average_symmetric_surface_distance": "ASSD",
}
WITH_INTERVAL = ("dice", "hausdorff_95")


def print_evaluation(scores: dict[str, Any], n_cases: int) -> None:
    """A row per class, and one for their mean. scores: as `report.of_cases` returns them."""
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("class")
    if n_cases > 1:
        table.add_column("cases", justify="right")
    for heading in (*COLUMNS.values(), "misses"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, of_class in [*scores["classes"].items(), ("mean", scores["mean"])]:
        table.add_row(name, *_cells(of_class, n_cases))
    # as wide as it is: a narrow terminal wraps it, a file gets all of it
    Console(width=max(out.width, 150), highlight=False).print(table)
    rand, information = (scores["labellings"][name]["mean"] for name in scores["labellings"])
    counted = f"over {n_cases} cases, with 95 % intervals by bootstrap; " if n_cases > 1 else ""
    out.print(f"{counted}adjusted Rand index {rand:.3f}, normalised mutual information {information:.3f}")


def _cells(of_class: dict[str, Any], n_cases: int) -> list[str]:
    """The cells of a class: the number of cases that hold it, the means, the number of infinite distances."""
    dice = of_class["dice"]
    cells = [str(dice["n"] + dice["undefined"])] if n_cases > 1 else []
    for measure in COLUMNS:
        each = of_class[measure]
        digits = 3 if each["mean"] < 10 else 1
        interval = f" [{each['low']:.{digits}f}, {each['high']:.{digits}f}]" if np.isfinite(each["low"]) else ""
        mean = "–" if np.isnan(each["mean"]) else f"{each['mean']:.{digits}f}"
        cells.append(mean + (interval if measure in WITH_INTERVAL else ""))
    misses = of_class["hausdorff"]["misses"]
    return [*cells, str(misses) if misses else ""]
