"""A folder of results as one HTML file that needs no other file."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.files.outputs import replaced

from . import panels
from .contents import Contents, read
from .description import VALUES, blocks, channel_names

PAGE = "report.html"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
img { max-width: 100%; background: white; border-radius: 4px; }
table { border-collapse: collapse; } td, th { padding: 0.15rem 0.9rem 0.15rem 0; text-align: left; }
th { font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.note { opacity: 0.7; } summary { cursor: pointer; }
"""


def write(folder: Path) -> Path:
    """Write report.html into a folder of results and return its path. Raises ValueError as `contents.read`."""
    path = folder / PAGE
    with replaced(path) as temporary:
        temporary.write_text(of(read(folder), folder.resolve().name), encoding="utf-8")
    return path


def of(contents: Contents, title: str) -> str:
    """The page as text."""
    body = "\n".join(f"<section><h2>{escape(head)}</h2>\n{part}</section>" for head, part in _sections(contents))
    lines = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>',
        f"<body><h1>{escape(title)}: {escape(_headline(contents.report))}</h1>",
        body,
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def _headline(report: Mapping[str, Any]) -> str:
    n_classes = report["settings"]["n_components"]
    scored = f", matched Dice {report['mean_dice']:.3f}" if "mean_dice" in report else ""
    return f"{n_classes} classes by {report['method']}{scored}"


def _sections(contents: Contents) -> Iterator[tuple[str, str]]:
    report, labels = contents.report, contents.labels
    yield "Channels and labels", _picture(contents.overlay, "channels and labels")
    if contents.missing:
        yield "Not on this page", "".join(f'<p class="note">{escape(line)}</p>' for line in contents.missing)
    if "dice" in report:
        yield "Against the truth", _table(["true class", "Dice", "found as"], _scores(report))
    seen = (contents.image.view, contents.image.aspect) if contents.image else ("rows", 1.0)
    if trust := _trust(report):
        yield "Whether to trust it", _table([], trust)
    if contents.ambiguity is not None:
        yield "Ambiguity", _picture(panels.ambiguity(contents.ambiguity, labels, *seen), "ambiguity map")
    if contents.probabilities is not None:
        drawn = panels.probabilities(contents.probabilities, labels, *seen)
        yield "Probabilities", _picture(drawn, "probability and entropy maps")
    if report["fits"]:
        measure = _measure(report["fits"][0])
        yield "Course of the fit", _picture(panels.courses(report["fits"], measure), f"{measure} over the steps")
        yield "Fits", _table(*_fits(report))
    mixture = report["fits"][0] if len(report["fits"]) == 1 else report["guide"]
    if contents.image is not None and mixture:
        channels, settings = contents.image.channels, report["settings"]
        names = channel_names(report["channels"], len(channels))
        kind, distribution = settings["covariance_type"], settings.get("distribution", "gaussian")
        drawn = panels.histograms(channels, labels, names, mixture, kind, distribution)
        shrink = report["settings"].get("shrink", 1)  # absent from reports of before
        less = f" They are of {blocks(shrink)}, which vary less." if shrink > 1 else ""
        note = f'<p class="note">Filled: how often a class has a value. Lines: proportion × density.{less}</p>\n'
        yield "Histograms and densities", note + _picture(drawn, "histograms with the fitted densities")
    for head in ("settings", "versions"):
        rows = [[name, "" if value is None else str(value)] for name, value in report[head].items()]
        yield head.capitalize(), f"<details><summary>all {head}</summary>{_table([], rows)}</details>"


def _scores(report: Mapping[str, Any]) -> list[list[Any]]:
    found = {code: f"class {label}" for code, label in report["matched"].items()}
    return [[code, dice, found.get(code, "none")] for code, dice in report["dice"].items()]


def _trust(report: Mapping[str, Any]) -> list[list[Any]]:
    """What is known without a truth: the ambiguity, and the numbers of `Doubt`; [] if a report has neither."""
    rows: list[list[Any]] = []
    if "ambiguity" in report:
        rows.append(["mean ambiguity (1 − the probability of the label)", report["ambiguity"]])
    if doubt := report.get("doubt"):
        rows.append(["what neighbours tell about a pixel's class, as a share", doubt["told"]])
        if doubt["n_starts"] > 1:
            rows.append([f"pixels that the {doubt['n_starts']} best starts label alike", doubt["agreement"]])
    return rows


def _fits(report: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    measure = _measure(report["fits"][0])
    rows = []
    for fit in report["fits"]:
        shares = ", ".join(f"{share:.3f}" for share in np.ravel(fit["proportions"]))
        place = "" if fit["slice"] is None else str(fit["slice"])
        rows.append([place, fit["status"], fit["steps"], fit[VALUES[measure]], shares])
    return ["slice", "ended", "steps", measure, "proportions"], rows


def _measure(fit: Mapping[str, Any]) -> str:
    """The name of the value that the fit lowered."""
    return next(measure for measure, name in VALUES.items() if name in fit)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    top = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>\n" if head else ""
    return f"<table>{top}" + "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows) + "</table>\n"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4f}</td>'
    return f"<td>{escape(str(value))}</td>"


def _picture(png: bytes, what: str) -> str:
    return f'<img alt="{escape(what)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">\n'
