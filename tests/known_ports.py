"""What programs that people use make of the kit's cases: the tables of docs/known-ports.md.

`python -m tests.known_ports --write` runs all adapters and writes the tables anew; without --write it fails if the
page is stale. Needs the extra `oracles`. Why a case may fail stands behind it in the adapter's file of expected
failures: `function/case  # convention: why`, or `# fault: why`.
"""

import argparse
import re
import sys
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

from deepmix.conformance import runner
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import load
from deepmix.conformance.results import Result, expect_failures, names, read_patterns
from tests.structure import ROOT

PAGE = ROOT / "docs" / "known-ports.md"
COMMAND = "python -m tests.known_ports --write"
PACKAGE = "tests.ports.known"
# The modules of the adapters, named as the libraries, and what people call these.
PORTS = {
    "scipy": "SciPy",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
    "optax": "Optax",
    "monai": "MONAI",
    "torchmetrics": "TorchMetrics",
    "medpy": "MedPy",
    "skfuzzy": "scikit-fuzzy",
}
KINDS = ("convention", "fault")


class Expected(NamedTuple):
    """A line of a file of expected failures: the cases that it names, one of `KINDS`, and why they fail."""

    pattern: str
    kind: str
    why: str


def xfail(name: str) -> Path:
    """The file of a port's expected failures."""
    return ROOT.joinpath(*PACKAGE.split("."), f"{name}.xfail")


def expected(name: str) -> list[Expected]:
    """The expected failures of a port. Raises ValueError for a line without a reason."""
    found = []
    for line in xfail(name).read_text(encoding="utf-8").splitlines():
        parts = re.fullmatch(rf"(\S.*?)\s+# ({'|'.join(KINDS)}): (\S.*)", line)
        if parts is None:
            raise ValueError(f"{xfail(name).name} has a line that says no {' or '.join(KINDS)}: {line}")
        found.append(Expected(pattern=parts[1], kind=parts[2], why=parts[3]))
    return found


@cache
def results(name: str) -> tuple[Result, ...]:
    """The results of a port's own functions. Raises UserWarning for an expected failure that names no case."""
    port = load(f"{PACKAGE}.{name}")
    own = [function for function in OPERATIONS if port.find(function) is not None]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".* names no case")
        return tuple(expect_failures(runner.run(port, only=own), read_patterns(xfail(name))))


def passes() -> str:
    """A row a function, a column a port: how many cases pass of how many."""
    counts = {name: Counter(each.function for each in results(name)) for name in PORTS}
    passed = {name: Counter(each.function for each in results(name) if each.outcome == "pass") for name in PORTS}
    lines = [_row("function", *PORTS.values()), _row(*["---"] * (1 + len(PORTS)))]
    for function in OPERATIONS:
        if any(function in of_port for of_port in counts.values()):
            cells = (_share(passed[name][function], counts[name][function]) for name in PORTS)
            lines.append(_row(f"`{function}`", *cells))
    totals = (_share(passed[name].total(), counts[name].total()) for name in PORTS)
    return "\n".join([*lines, _row("all", *totals)])


def differences() -> str:
    """A row for each reason why cases of a port do not pass."""
    lines = [_row("port", "cases", "how many", "kind", "why"), _row(*["---"] * 5)]
    for name, title in PORTS.items():
        rows: dict[tuple[str, str], dict[str, int]] = {}
        for pattern, kind, why in expected(name):
            failed = [each for each in results(name) if each.outcome == "expected failure"]
            rows.setdefault((kind, why), {})[pattern] = sum(names(pattern, each) for each in failed)
        for each in results(name):
            if each.outcome in ("missing", "partial"):
                why = each.message or f"there is no {', '.join(each.absent)}"
                number = rows.setdefault(("missing", why), {})
                number[each.function] = number.get(each.function, 0) + 1
        for why, numbers in rows.items():
            lines.append(_row(title, ", ".join(f"`{each}`" for each in numbers), sum(numbers.values()), *why))
    return "\n".join(lines)


TABLES = {"passes": passes, "differences": differences}


def written(page: str) -> str:
    """The page with its tables written anew. Raises LookupError if it has no place for one."""
    for name, table in TABLES.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        place = re.compile(f"{start}.*?{end}", re.DOTALL)
        if len(place.findall(page)) != 1:
            raise LookupError(f"{PAGE.name} needs the lines {start.strip()} and {end} once each, in this order")
        page = place.sub(lambda _, text=f"{start}\n{table()}\n\n{end}": text, page)
    return page


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _share(passed: int, number: int) -> str:
    return f"{passed}/{number}" if number else ""


def main() -> None:
    """Write the tables, or say that they are not what would be written."""
    parser = argparse.ArgumentParser(prog=COMMAND.removeprefix("python -m ").removesuffix(" --write"))
    parser.add_argument("--write", action="store_true", help="write them into the page")
    write = parser.parse_args().write
    page = PAGE.read_text(encoding="utf-8")
    new = written(page)
    if new == page:
        return
    if not write:
        sys.exit(f"{PAGE.name} is stale; run: {COMMAND}")
    PAGE.write_text(new, encoding="utf-8")
    print(f"{PAGE.name} written")


if __name__ == "__main__":
    main()
