"""The times and memory of the jobs, as a table."""

import statistics
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from ..harness.report import seconds


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """A line per contestant, under its job; ratios are to deepmix, whose time is split into stages."""
    result = Table(
        *("", "first call", "warm", "ratio", "memory", "Dice", "of which"),
        title="whole jobs: from an array, or from files, to labels",
        caption="warm: all that is needed is compiled. memory: most beyond the image. ratio: to deepmix, warm",
    )
    for job in dict.fromkeys(row["job"] for row in rows):
        result.add_section()
        result.add_row(f"[bold]{job}[/]")
        own, *_ = (warm(row) for row in rows if row["job"] == job)
        for row in (row for row in rows if row["job"] == job):
            result.add_row(
                f"  {row['who']}",
                seconds(row["first"]),
                seconds(warm(row)),
                f"{warm(row) / own:.3g}×",
                f"{row['peak'] / 1e6:.0f} MB, {row['peak'] / row['image']:.1f}×",
                f"{row['dice']:.3f}",
                ", ".join(f"{name} {seconds(spent)}" for name, spent in row["stages"].items() if spent),
            )
    return result


def warm(row: dict[str, Any]) -> float:
    """Seconds of a later call, or of the first one if there is no later one."""
    return statistics.median(row["samples"] or [row["first"]])
