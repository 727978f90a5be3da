"""What the commands print: progress, warnings, a summary."""

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from deepmix.files import outputs
from deepmix.reference.types import Status
from deepmix.segmentation.results import Segmentation
from deepmix.segmentation.settings import Settings

if TYPE_CHECKING:
    from deepmix.segmentation.run import Progress as Report
    from deepmix.training.job import Place
    from deepmix.training.runs import Epoch

Item = TypeVar("Item")

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
    """Show each warning once, in one line, when it comes: the work may take days."""
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
def progress_bar(title: str, settings: Settings) -> "Iterator[Report]":
    """A bar over all steps of all slices, with the NLL or F; a slice that converges early leaves its rest out."""
    columns = (
        TextColumn(f"{title} {{task.fields[place]}}"),
        BarColumn(),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None, place="", numbers="looking for a start")

        def report(done: int, total: int, step: int, nll: float) -> None:
            place = f"slice {done + 1} of {total}" if total > 1 else ""
            completed, most = done * settings.max_steps + step + 1, total * settings.max_steps
            numbers = f"step {step}  {settings.measure} {nll:.4f}"
            bar.update(task, total=most, completed=completed, place=place, numbers=numbers)

        yield report


@contextmanager
def training_bar(title: str, max_epochs: int, shown: bool) -> "Iterator[Callable[[Place], None]]":
    """A bar over all batches of all epochs, with the last epoch's numbers; training may end before the bar."""
    columns = (
        TextColumn(f"{title}  epoch {{task.fields[epoch]}}"),
        BarColumn(),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not (shown and err.is_terminal)) as bar:
        task = bar.add_task("", total=None, epoch=0, numbers="")

        def report(place: "Place") -> None:
            bar.update(
                task,
                total=max_epochs * place.n_batches,
                completed=place.epoch * place.n_batches + place.done,
                epoch=place.epoch,
                numbers="" if place.last is None else _numbers(place.last),
            )

        yield report


def _numbers(epoch: "Epoch") -> str:
    scores = [score for score in (epoch.dice or {}).values() if score is not None]
    dice = f"  Dice {np.mean(scores):.3f}" if scores else ""
    return f"NLL {epoch.nll:.4f}  regulariser {epoch.regularizer:.4f}{dice}"


def print_training(folder: Path) -> None:
    """One line on how it went, from the report, and where the run is."""
    report = json.loads((folder / outputs.REPORT).read_text(encoding="utf-8"))
    dice = {name: score for name, score in (report["dice"] or {}).items() if score is not None}
    nll = "not finite" if report["nll"] is None else f"{report['nll']:.4f}"
    out.print(f"NLL {nll}, {report['epochs']} epochs, {report['status']}, {report['seconds']:.0f} s")
    if report["status"] == Status.non_finite.name:
        err.print(f"warning: {Status.non_finite.message}", style="yellow")
    if dice:
        each = ", ".join(f"{name}: {score:.3f}" for name, score in dice.items())
        out.print(f"Dice {np.mean(list(dice.values())):.3f} ({each})")
    out.print(f"run in {folder}")


def print_predictions(report: dict[str, Any], folder: Path) -> None:
    """A line a case, with the Dice where truth is known, and where the results are."""
    for name, case in report.get("cases", {report.get("case"): report}).items():
        nll = np.mean([each.nll for each in case["slices"]])
        dice = f", Dice {case['mean_dice']:.3f}" if "dice" in case else ""
        out.print(f"{name}: NLL {nll:.4f}{dice}, {case['seconds']:.1f} s")
    out.print(f"results in {folder}")


def print_summary(result: Segmentation, report: dict[str, Any], folder: Path) -> None:
    """One line on how it went, the Dice if there was a truth, and where the results are."""
    ends = Counter(part.status.name for part in result.parts)
    steps = sum(len(part.history) for part in result.parts)
    ended = ", ".join(f"{number} {name}" if len(result.parts) > 1 else name for name, number in ends.items())
    nll = float(np.mean([part.nll for part in result.parts])) if result.parts else float("nan")
    ended = ended or "no slice has as many pixels as classes"
    value = f"{result.settings.measure} {nll:.4f}"
    out.print(f"{result.settings.method}: {value}, {steps} steps, {ended}, {result.seconds:.1f} s")
    if result.selection is not None:
        tried = ", ".join(f"{k}: {bic:.0f}" for k, bic in result.selection.bic.items())
        out.print(f"{result.selection.n_components} classes by BIC ({tried})")
    if result.field is not None:
        tried = ", ".join(f"{beta:g}: {nll:.4f}" for beta, nll in result.field.pseudo_nll.items())
        out.print(f"beta {result.field.beta:g} by pseudo-NLL ({tried})")
    if "dice" in report:
        each = ", ".join(f"{code}: {dice:.3f}" for code, dice in report["dice"].items())
        out.print(f"matched Dice {report['mean_dice']:.3f} ({each})")
    out.print(f"results in {folder}")


def counted(title: str, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
    """The items, with a bar that counts them."""
    with Progress(
        *Progress.get_default_columns(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        yield from bar.track(items, total=total, description=title)
