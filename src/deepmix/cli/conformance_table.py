"""What `deepmix conform` prints: a table, the first failures, the verdict."""

from collections import defaultdict

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from deepmix.conformance.runner import BAD, Result, summary

from .console import out

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
        modules = {name.rpartition(".")[0] for name in offered}
        homes = {name: name.rpartition(".")[0] for name in absent}
        short = dict.fromkeys(name if home in modules else f"{home}.*" for name, home in homes.items())
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
