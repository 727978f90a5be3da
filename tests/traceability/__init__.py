"""What implements and what tests each equation: the tables at the end of the pages of the reference.

`python -m tests.traceability --write` writes them anew; without --write it says which page is stale, and fails.

A page `reference/<subject>/README.md` defines an equation in the line that begins with its label, **[EM1]**, and
has its table between two comments. Functions and properties are derived; what an equation is, and how it deviates
from the paper, is written in the table by hand and kept. The index of the pages has a table too, of the functions.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from deepmix.conformance.operations import OPERATIONS
from tests.structure import ROOT, is_unchecked, sources

REFERENCE = ROOT / "reference"
COMMAND = "python -m tests.traceability --write"
START, END = "<!-- traceability -->", "<!-- /traceability -->"
HEAD = "| label | what | functions | properties | deviation from the paper |\n|---|---|---|---|---|"
LABEL = r"[A-Z]{1,3}\d+"
CITED = r"\[([A-Z]{1,3})(\d+)\](?:–\[\1(\d+)\])?"


class Row(NamedTuple):
    """A row of a table: an equation."""

    what: str
    functions: tuple[str, ...]
    properties: tuple[str, ...]
    deviation: str


class Function(NamedTuple):
    """A function of the reference: its file, and its source with the docstring."""

    path: Path
    source: str


def cited(text: str) -> set[str]:
    """The labels that a text cites in brackets, ranges such as [U1]–[U4] spelt out."""
    return {
        f"{letters}{number}"
        for letters, first, last in re.findall(CITED, text)
        for number in range(int(first), int(last or first) + 1)
    }


def defined(page: str) -> list[str]:
    """The labels whose lines a page has, in their order."""
    return re.findall(rf"^\*\*\[({LABEL})\]\*\*", page, re.MULTILINE)


def pages() -> dict[str, str]:
    """The page of each subject that the reference has. Raises LookupError for one without a page, or for none."""
    found = {}
    for package in sorted(REFERENCE.glob("*/__init__.py")):
        page = package.with_name("README.md")
        if not page.exists():
            raise LookupError(f"{page.relative_to(ROOT)} is missing: the equations of {page.parent.name}")
        found[page.parent.name] = page.read_text(encoding="utf-8")
    if not found:
        raise LookupError(f"{REFERENCE} has no subjects")
    return found


@cache
def functions() -> dict[str, Function]:
    """The public functions of the reference, by module and name."""
    return {
        ".".join((*path.relative_to(REFERENCE).with_suffix("").parts, name)): Function(path, source)
        for path in sources(REFERENCE)
        for name, source in _functions(path.read_text(encoding="utf-8"))
        if not name.startswith("_")
    }


@cache
def properties() -> dict[str, set[str]]:
    """The labels of every law and oracle, by its name without `test_`: those it begins with or cites."""
    found: dict[str, set[str]] = {}
    for path in (path for folder in ("laws", "oracles") for path in sources(ROOT / "tests" / folder)):
        for name, source in _functions(path.read_text(encoding="utf-8")):
            if name.startswith("test_"):
                name, docstring = name.removeprefix("test_"), ast.get_docstring(ast.parse(source).body[0]) or ""
                found.setdefault(name, set()).update(named(name), cited(docstring))
    return found


def named(name: str) -> set[str]:
    """The labels that a name begins with: EM2 and SV1 of `em2_sv1_nll_never_increases`."""
    return set(re.findall(LABEL, re.match(r"([a-z]{1,3}\d+_)*", name)[0].upper()))


def parts(page: str) -> tuple[str, str, str]:
    """What stands before, between and after the two comments. Raises LookupError unless each stands there once."""
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        raise LookupError(f"a page needs the lines {START} and {END} once each, in this order, for its table")
    before, _, rest = page.partition(START)
    table, _, after = rest.partition(END)
    return before, table, after


def rows(page: str) -> dict[str, Row]:
    """The rows of a page's table. Raises ValueError for two of one label."""
    found: dict[str, Row] = {}
    for line in parts(page)[1].splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and re.fullmatch(LABEL, cells[0]):
            label, what, implement, test, deviation = cells
            if label in found:
                raise ValueError(f"{label} has two rows")
            names = (tuple(re.findall(r"`(.*?)`", cell)) for cell in (implement, test))
            found[label] = Row(what, *names, deviation)
    return found


def written(page: str) -> str:
    """The page with its table written anew: a row for each equation that the page defines, in their order."""
    before, _, after = parts(page)
    old, lines = rows(page), [HEAD]
    for label in defined(page):
        what, _, _, deviation = old.get(label, Row("", (), (), ""))
        implement, test = (", ".join(f"`{name}`" for name in find(label)) for find in (implementing, testing))
        lines.append(f"| {label} | {what} | {implement} | {test} | {deviation} |")
    return "\n".join((before + START, "", *lines, "", END + after))


def implementing(label: str) -> list[str]:
    """The functions of an equation: those that cite it, and those that the kit names for it."""
    citing = {name for name, function in functions().items() if label in cited(function.source)}
    kit = {name for name, operation in OPERATIONS.items() if label in operation.equations}
    return sorted(name for name in citing | kit if not is_unchecked(name))


def testing(label: str) -> list[str]:
    """The laws and oracles of an equation."""
    return sorted(name for name, labels in properties().items() if label in labels)


def _functions(text: str) -> list[tuple[str, str]]:
    """Name and source of the functions at the top of a module."""
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return [(node.name, ast.get_source_segment(text, node) or "") for node in found]
