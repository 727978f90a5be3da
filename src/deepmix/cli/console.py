"""What the commands print: progress, warnings, tables."""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deepmix.conformance.runner import BAD, Result, summary
from deepmix.results import Segmentation
from deepmix.segmentation import Progress as Report

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
def progress_bar(title: str, max_steps: int) -> Iterator[Report]:
    """A bar over all steps of all slices, with the NLL; a slice that converges early leaves its rest out."""
    columns = (
        TextColumn(f"{title} {{task.fields[place]}}"),
        BarColumn(),
        TextColumn("step {task.fields[step]}  NLL {task.fields[nll]:.4f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None, place="", step=0, nll=float("nan"))

        def report(done: int, total: int, step: int, nll: float) -> None:
            place = f"slice {done + 1} of {total}" if total > 1 else ""
            completed = done * max_steps + step + 1
            bar.update(task, total=total * max_steps, completed=completed, place=place, step=step, nll=nll)

        yield report


def print_summary(result: Segmentation, report: dict[str, Any], folder: Path) -> None:
    """One line on how it went, the Dice if there was a truth, and where the results are."""
    ends = Counter(part.status.name for part in result.parts)
    steps = sum(len(part.history) for part in result.parts)
    ended = ", ".join(f"{number} {name}" if len(result.parts) > 1 else name for name, number in ends.items())
    nll = float(np.mean([part.nll for part in result.parts])) if result.parts else float("nan")
    ended = ended or "no slice has as many pixels as classes"
    out.print(f"{result.settings.method}: NLL {nll:.4f}, {steps} steps, {ended}, {result.seconds:.1f} s")
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


SHOWN = 2  # failures of a function in a dtype, before the rest is only counted


def print_conformance(title: str, results: list[Result]) -> None:
    """A table, function by dtype; the first failures; one line that sums it up."""
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        groups[result.function, result.dtype].append(result)
    dtypes = list(dict.fromkeys(result.dtype for result in results))
    table = Table("function", box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for dtype in dtypes:
        for heading in (f"{dtype}\npass", "\nfail", "\nmissing", "\nworst"):
            table.add_column(heading, justify="right", no_wrap=True)
    offered = dict.fromkeys(result.function for result in results if result.outcome != "missing")
    for function in offered:
        cells = [cell for dtype in dtypes for cell in _cells(groups[function, dtype])]
        table.add_row(function, *cells)
    # as wide as it is: a narrow terminal wraps it, a file gets all of it
    Console(width=max(out.width, 42 + 32 * len(dtypes)), highlight=False).print(table)
    absent = dict.fromkeys(result.function for result in results if result.function not in offered)
    if absent:
        modules = {name.split(".")[0] for name in offered}
        short = dict.fromkeys(
            name if name.split(".")[0] in modules else f"{name.split('.')[0]}.*" for name in absent
        )
        out.print(f"missing: {', '.join(short)}")
    bad = [result for result in results if result.outcome in BAD]
    shown = [each for group in groups.values() for each in [result for result in group if result in bad][:SHOWN]]
    for result in shown:
        message = result.message if len(result.message) <= 300 else f"{result.message[:300]} …"
        times = f" ({result.worst:.2g} × the tolerance)" if 0 < result.worst < np.inf else ""
        out.print(f"{result.outcome}: {result.name} {result.dtype}{times}: {message}")
    if len(bad) > len(shown):
        out.print(f"… and {len(bad) - len(shown)} more; --json FILE writes them all")
    total = summary(results)
    counts = ", ".join(
        f"{n} {outcome}" for outcome, n in total["counts"].items() if n or outcome in ("pass", "fail")
    )
    verdict = "conforms" if total["conforms"] else "does not conform"
    worst = Result(**total["worst"]) if total["worst"] else None
    largest = f"; largest error {worst.worst:.2g} × the tolerance, in {worst.name} {worst.dtype}" if worst else ""
    out.print(f"{title} {verdict}: {counts}{largest}")


def _cells(results: list[Result]) -> list[str]:
    """Passed, failed, missing, worst error."""
    failed = sum(result.outcome in BAD for result in results)
    numbers = [sum(result.outcome == outcome for result in results) for outcome in ("pass", "missing")]
    run = [result.worst for result in results if result.outcome != "missing"]
    worst = f"{max(run):.2g}" if run else ""
    passed, failures, missing = (str(n) if n else "" for n in (numbers[0], failed, numbers[1]))
    return [passed, failures, missing, worst]
