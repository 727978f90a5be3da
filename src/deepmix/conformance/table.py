"""What is said of the results: a table, the first failures, what is partial, remarks, the verdict."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from .comparison import Difference
from .results import BAD, Result, summary

SHOWN = 2  # failures of a function in a dtype, before the rest is only counted
SHOWN_OUTPUTS = 8  # of a failure, likewise
SHOWN_ALIKE = 6  # functions of which the same is said, likewise
LONGEST = 300  # of a message

Row = list[str]


def lines(title: str, results: list[Result]) -> Iterator[str]:
    """The lines to print. title: what was run."""
    yield ""
    yield from _aligned(*_table(results))
    yield ""
    yield from _failures(results)
    yield from _alike("partial, without {}: {}", results, _without)
    yield from _alike("{}: {}", results, lambda result: result.remark)
    yield _verdict(title, results)


def _counted(*outcomes: str) -> Callable[[list[Result]], str]:
    def cell(results: list[Result]) -> str:
        n = sum(result.outcome in outcomes for result in results)
        return str(n) if n else ""

    return cell


def _worst(results: list[Result]) -> str:
    run = [result.worst for result in results if result.outcome != "missing"]
    return f"{max(run):.2g}" if run else ""


# What a cell says of the results of a function in a dtype. Ports that offer all of every output need no "partial".
COLUMNS = {
    "pass": _counted("pass"),
    "partial": _counted("partial"),
    "fail": _counted(*BAD),
    "missing": _counted("missing"),
    "worst": _worst,
}


def _table(results: list[Result]) -> tuple[list[Row], list[Row]]:
    """The rows of the head and those of the body: function by dtype."""
    dtypes = list(dict.fromkeys(result.dtype for result in results))
    partial = any(result.outcome == "partial" for result in results)
    columns = {name: cell for name, cell in COLUMNS.items() if name != "partial" or partial}
    head = [
        ["", *(dtype if name == "pass" else "" for dtype in dtypes for name in columns)],
        ["function", *(name for _ in dtypes for name in columns)],
    ]
    groups: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    rows = _rows(results)
    for result in results:
        groups[rows[result.function]][result.dtype].append(result)
    cells = columns.values()
    body = [[row, *(cell(each[dtype]) for dtype in dtypes for cell in cells)] for row, each in groups.items()]
    return head, body


def _rows(results: list[Result]) -> dict[str, str]:
    """In which row a function stands: its own, or that of its module where nothing of this is there."""
    functions = dict.fromkeys(result.function for result in results)
    modules = {name: name.rpartition(".")[0] for name in functions}
    there = {modules[result.function] for result in results if result.outcome != "missing"}
    sizes = Counter(modules.values())
    return {
        name: name if module in there or sizes[module] == 1 else f"{module}.*" for name, module in modules.items()
    }


def _aligned(head: list[Row], body: list[Row]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*head, *body, strict=True)]
    for row in head:
        yield _line(row, widths)
    yield f" {'─' * (sum(widths) + 2 * len(widths) - 2)}"
    for row in body:
        yield _line(row, widths)


def _line(row: Row, widths: list[int]) -> str:
    numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return f" {'  '.join([row[0].ljust(widths[0]), *numbers])}".rstrip()


def _failures(results: list[Result]) -> Iterator[str]:
    """The first ones of each function in each dtype, and how many more there are."""
    bad = [result for result in results if result.outcome in BAD]
    seen: Counter[tuple[str, str]] = Counter()
    for result in bad:
        seen[result.function, result.dtype] += 1
        if seen[result.function, result.dtype] <= SHOWN:
            yield from _failure(result)
    if hidden := sum(max(n - SHOWN, 0) for n in seen.values()):
        yield f"… and {hidden} more; --json FILE writes them all"


def _failure(result: Result) -> Iterator[str]:
    """What differs first, and below it the other outputs that differ."""
    first, *others = result.differing or (None,)
    yield f"{result.outcome}: {result.name} {result.dtype}{_times(first)}: {_short(result.message)}"
    for each in others[: SHOWN_OUTPUTS - 1]:
        yield f"     {_times(each)} {_short(each.told)}"
    if len(others) >= SHOWN_OUTPUTS:
        yield f"      … and {len(others) - SHOWN_OUTPUTS + 1} more outputs"


def _times(difference: Difference | None) -> str:
    finite = difference is not None and np.isfinite(difference.worst)
    return f" ({difference.worst:.2g} × the tolerance)" if difference is not None and finite else ""


def _short(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[:LONGEST]} …"


def _alike(text: str, results: list[Result], said: Callable[[Result], str]) -> Iterator[str]:
    """A line for what is said of the same functions. text: takes what is said and the functions."""
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for result in results:
        if what := said(result):
            groups[what][result.function] = None
    for what, functions in groups.items():
        more = f" and {len(functions) - SHOWN_ALIKE} more functions" if len(functions) > SHOWN_ALIKE else ""
        yield text.format(what, ", ".join([*functions][:SHOWN_ALIKE]) + more)


def _without(result: Result) -> str:
    """Of a tree, such as parameters, its name alone."""
    roots = dict.fromkeys("/".join(name.split("/")[:2]) for name in result.absent)
    return ", ".join(roots) if result.outcome == "partial" else ""


def _verdict(title: str, results: list[Result]) -> str:
    total = summary(results)
    counts = ", ".join(
        f"{n} {outcome}" for outcome, n in total["counts"].items() if n or outcome in ("pass", "fail")
    )
    verdict = "conforms" if total["conforms"] else "does not conform"
    worst = total["worst"]
    largest = f"; largest error {worst.worst:.2g} × the tolerance, in {worst.name} {worst.dtype}" if worst else ""
    return f"{title} {verdict}: {counts}{largest}"
