"""What the commands print: progress, warnings, a summary."""

import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np
from rich import progress
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from deepmix import memory
from deepmix.files import outputs
from deepmix.progress import OnProgress, Place
from deepmix.reference.types import Status
from deepmix.segmentation.results import Segmentation

Counted = TypeVar("Counted")

# Paths are printed as they are: brackets in them are no markup.
out = Console(soft_wrap=True, markup=False, highlight=False)
err = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)


@contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Show each warning once, in one line, when the work is done or has failed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for message in dict.fromkeys(str(each.message) for each in caught if each.category is UserWarning):
                err.print(f"warning: {message}", style="yellow")


@contextmanager
def warnings_at_once() -> Iterator[None]:
    """Show each warning once, in one line, as soon as it is given: the work may take days."""
    shown = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if category is UserWarning and str(message) not in shown:
            shown.add(str(message))
            err.print(f"warning: {message}", style="yellow")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield


@contextmanager
def progress_bar(title: str, part: str, shown: bool = True) -> Iterator[OnProgress]:
    """A bar over all steps of all parts (slices, epochs), with the values so far; any part may end early."""
    columns = (
        TextColumn(f"{title}  {{task.fields[place]}}"),
        BarColumn(),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=err, transient=True, disable=not (shown and err.is_terminal)) as bar:
        task = bar.add_task("", total=None, place="", numbers="looking for a start")

        def report(place: Place) -> None:
            at = min(place.part + 1, place.n_parts)
            values = (f"{name} {value:.4f}" for name, value in place.values.items())
            bar.update(
                task,
                total=place.n_parts * place.n_steps,
                completed=place.part * place.n_steps + place.step,
                place=f"{part} {at} of {place.n_parts}" if place.n_parts > 1 else "",
                numbers="  ".join((f"step {place.step}", *values)),
            )

        yield report


def print_training(folder: Path) -> None:
    """One line about the training, from the report, and the folder of the run."""
    report = json.loads((folder / outputs.REPORT).read_text(encoding="utf-8"))
    dice = {name: score for name, score in (report["dice"] or {}).items() if score is not None}
    nll = "not finite" if report["nll"] is None else f"{report['nll']:.4f}"
    out.print(f"NLL {nll}, {report['epochs']} epochs, {report['status']}, {report['seconds']:.0f} s")
    if report["status"] == Status.non_finite.name:
        err.print(f"warning: {Status.non_finite.message('NLL')}", style="yellow")
    if dice:
        each = ", ".join(f"{name}: {score:.3f}" for name, score in dice.items())
        out.print(f"Dice {np.mean(list(dice.values())):.3f} ({each})")
    out.print(f"run in {folder}")


def print_predictions(report: dict[str, Any], folder: Path) -> None:
    """One line per case, with the Dice if the truth is known, and the folder of the results."""
    for name, case in report.get("cases", {report.get("case"): report}).items():
        nll = np.mean([each["nll"] for each in case["slices"]])
        dice = f", Dice {case['mean_dice']:.3f}" if "dice" in case else ""
        out.print(f"{name}: NLL {nll:.4f}{dice}, {case['seconds']:.1f} s")
    out.print(f"results in {folder}")


def print_summary(result: Segmentation, report: dict[str, Any], folder: Path) -> None:
    """One line about the segmentation, the Dice if the truth is known, and the folder of the results."""
    ends = Counter(part.status.name for part in result.parts)
    steps = sum(part.steps for part in result.parts)
    ended = ", ".join(f"{number} {name}" if len(result.parts) > 1 else name for name, number in ends.items())
    mean = float(np.mean([part.value for part in result.parts])) if result.parts else float("nan")
    ended = ended or "no slice has as many pixels as classes"
    value = f"{result.settings.measure} {mean:.4f}"
    spent = f"{result.seconds:.1f} s, at most {memory.said(report['peak_memory'])}"
    out.print(f"{result.settings.method}: {value}, {steps} steps, {ended}, {spent}")
    if result.selection is not None:
        tried = ", ".join(f"{k}: {bic:.0f}" for k, bic in result.selection.bic.items())
        out.print(f"{result.selection.n_components} classes by BIC ({tried})")
    if result.distribution is not None:
        tried = ", ".join(f"{name}: {bic:.0f}" for name, bic in result.distribution.bic.items())
        out.print(f"{result.distribution.distribution} by BIC ({tried})")
    if result.field is not None:
        tried = ", ".join(f"{beta:g}: {told:.4f}" for beta, told in result.field.information.items())
        out.print(f"beta {result.field.beta:g} by what neighbours tell ({tried})")
    if result.doubt is not None:
        agree = f", {result.doubt.agreement:.0%} alike from the {result.doubt.n_starts} best starts"
        starts = agree if result.doubt.n_starts > 1 else ""
        out.print(f"neighbours tell {result.doubt.share:.0%} of a pixel's class{starts}")
    if "dice" in report:
        each = ", ".join(f"{code}: {dice:.3f}" for code, dice in report["dice"].items())
        out.print(f"matched Dice {report['mean_dice']:.3f} ({each})")
    out.print(f"results in {folder}")


def counted(title: str, items: Iterable[Counted], total: int | None = None) -> Iterator[Counted]:
    """The items, with a bar that counts them."""
    with progress.Progress(
        *progress.Progress.get_default_columns(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        yield from bar.track(items, total=total, description=title)
