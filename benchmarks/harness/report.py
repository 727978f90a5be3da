"""The results of a benchmark: a table for people, a record as JSON."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from . import machine
from .machine import Limits
from .setting import Setting
from .timing import Row

RESULTS = Path(__file__).parents[1] / "results"


def table(name: str, rows: Sequence[Row], limits: Limits, setting: Setting) -> Table:
    """One line per row, under its task; ratios are to the backend's row of the task."""
    result = Table(
        *("", "first call", "median", "ratio", "limit", "share"),
        title=f"{name}, {setting.dtype}: all results match; ratio to {setting.name}",
        caption=f"limit: the fewest bytes at the {limits.bandwidth / 1e9:.3g} GB/s of a large copy, the fewest "
        f"operations at the {limits.rate / 1e9:.4g} GFLOP/s of a matrix product; share: how much of it is reached",
    )
    for task in dict.fromkeys(row.task for row in rows):
        result.add_section()
        result.add_row(f"[bold]{task}[/]")
        for row in (row for row in rows if row.task == task):
            note = f": {escape(row.note)}" if row.note else ""
            result.add_row(f"  {row.who}{note}", *_figures(row, rows, limits, setting))
    return result


def _figures(row: Row, rows: Sequence[Row], limits: Limits, setting: Setting) -> list[str]:
    if not row.samples:
        return [""] * 5
    own = next(other.median for other in rows if (other.task, other.who) == (row.task, setting.name))
    return [
        seconds(row.first),
        seconds(row.median),
        f"{row.median / own:.3g}×",
        seconds(limits.seconds(row)),
        f"{limits.share(row):.1%}",
    ]


def seconds(value: float) -> str:
    """A duration in words: three digits, in the unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def record(rows: Sequence[Row], limits: Limits, setting: Setting) -> dict[str, Any]:
    """All rows and the limits as plain data; every row with its median and its share of the limit."""
    return {
        "setting": setting._asdict(),
        "limits": limits._asdict(),
        "rows": [
            row._asdict() | ({"median": row.median, "share": limits.share(row)} if row.samples else {})
            for row in rows
        ],
    }


def stem(name: str, setting: Setting) -> str:
    """The name of the files of a run, one for each setting: em-accelerated-float32-nvidia-h200."""
    return "-".join((name, setting.name, setting.dtype, device(setting)))


def device(setting: Setting) -> str:
    """The name of the device, for names of files."""
    return setting.devices()[0].device_kind.lower().replace(" ", "-")


def keep(name: str, found: dict[str, Any], setting: Setting, figure: bytes | None = None) -> None:
    """Write what was found, the machine and the versions to results/NAME.json, and the figure; NAME: SUBJECT/…"""
    about = {"machine": machine.describe(setting), "versions": machine.versions()}
    write(RESULTS / f"{name}.json", json.dumps(about | found, indent=1, allow_nan=False) + "\n")
    if figure is not None:
        write(RESULTS / f"{name}.png", figure)


def write(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
