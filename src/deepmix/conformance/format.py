"""The table of functions in FORMAT.md, from what is declared of them and from what their cases hold.

`python -m deepmix.conformance.format --write` writes it anew; without --write it fails if the table is stale.
"""

import argparse
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path

from .cases import cases
from .operation import Operation
from .operations import OPERATIONS
from .ports import REFERENCE
from .vectors import defaults

PAGE = Path(__file__).with_name("FORMAT.md")
COMMAND = "python -m deepmix.conformance.format --write"
START, END = "<!-- functions -->", "<!-- /functions -->"
HEAD = "| function | equations | inputs and options | outputs |\n|---|---|---|---|"


def written(page: str) -> str:
    """The page with its table written anew. Raises LookupError if it has no place for one."""
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        raise LookupError(f"FORMAT.md needs the lines {START} and {END} once each, in this order, for its table")
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{table()}\n{END}{rest.partition(END)[2]}"


def table() -> str:
    """A row a function, from the bottom up."""
    given: dict[str, set[str]] = {name: {*defaults(operation)} for name, operation in OPERATIONS.items()}
    for case in cases("minimal", "float64"):
        given[case.function].update(case.arguments)
    return "\n".join([HEAD, *(_row(operation, given[name]) for name, operation in OPERATIONS.items())])


def _row(operation: Operation, given: set[str]) -> str:
    """given: the arguments that its cases hold; a function may have others, of which no case says anything."""
    parameters = [*inspect.signature(REFERENCE.function(operation.name)).parameters]
    arguments = [name for name in dict.fromkeys([*parameters, "cotangent"]) if name in given]
    outputs = [*operation.result, *(f"pullback/{name}" for name in operation.pullback)]
    name = f"*`{operation.name}`*" if operation.optional else f"`{operation.name}`"
    cells = [", ".join(operation.equations), *(_noted(each, operation.notes) for each in (arguments, outputs))]
    return f"| {name} | {' | '.join(cells)} |"


def _noted(names: list[str], notes: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {notes[name]}" if name in notes else name for name in names)


def main() -> None:
    """Write the table, or say that it is not what would be written."""
    parser = argparse.ArgumentParser(prog="python -m deepmix.conformance.format", description="FORMAT.md's table.")
    parser.add_argument("--write", action="store_true", help="write it into the page")
    write = parser.parse_args().write
    page = PAGE.read_text(encoding="utf-8")
    new = written(page)
    if new == page:
        return
    if not write:
        sys.exit(f"FORMAT.md is stale; run: {COMMAND}")
    PAGE.write_text(new, encoding="utf-8")
    print("FORMAT.md written")


if __name__ == "__main__":
    main()
