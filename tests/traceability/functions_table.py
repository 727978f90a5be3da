"""The table of functions on the index of the pages: where all that is said of a function stands.

Its equations, page by page; what its page adds to them, by the bold words that a paragraph there begins with; and
what it must reject, which is what the kit has cases of.
"""

import re
from functools import cache

from deepmix.conformance.cases import cases
from deepmix.conformance.operations import OPERATIONS

from . import END, REFERENCE, START, cited, defined, pages, parts

INDEX = REFERENCE / "README.md"
ADDED = "## What the code adds"
HEAD = "| function | equations | what the pages add | must be rejected |\n|---|---|---|---|"


def index() -> str:
    """The index of the pages."""
    return INDEX.read_text(encoding="utf-8")


def written(page: str) -> str:
    """The index with its table written anew."""
    before, _, after = parts(page)
    return "\n".join((before + START, "", HEAD, *map(_row, OPERATIONS), "", END + after))


def rules() -> list[tuple[str, str]]:
    """What the pages add to the equations: the bold words that each begins with, and all of it."""
    lines = [
        line for page in pages().values() for line in page.partition(ADDED)[2].partition("\n## ")[0].split("\n")
    ]
    return [(found[1], line) for line in lines if (found := re.match(r"- \*\*(.*?)\*\*", line))]


def concerns(rule: tuple[str, str], name: str) -> bool:
    """Whether a rule is about a function: names it, or names none and begins with one of its equations."""
    words, line = rule
    if named := OPERATIONS.keys() & set(re.findall(r"`([\w.]+)`", line)):
        return name in named
    return bool(cited(words) & set(OPERATIONS[name].equations))


@cache
def _rejected() -> dict[str, list[str]]:
    """What each function must reject, in words."""
    found: dict[str, list[str]] = {}
    for case in cases("minimal", "float64"):
        if case.rejected:
            found.setdefault(case.function, []).append(case.name.removeprefix("rejects_").replace("_", " "))
    return found


def _row(name: str) -> str:
    of_page = {subject: defined(page) for subject, page in pages().items()}
    equations = [
        f"[{subject}]({subject}/README.md): {', '.join(labels)}"
        for subject, there in of_page.items()
        if (labels := [label for label in OPERATIONS[name].equations if label in there])
    ]
    added = [rule[0] for rule in rules() if concerns(rule, name)]
    cells = ("; ".join(each) for each in (equations, added, _rejected().get(name, [])))
    return f"| `{name}` | {' | '.join(cells)} |"
