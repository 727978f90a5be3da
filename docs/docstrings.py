"""Docstrings as pages show them: a line for each argument, code between backticks, the rest as it is written."""

import inspect
import re
from typing import Any

from sphinx.application import Sphinx

# A name of the package, other code, an equation's label, or what reStructuredText would take for markup.
_SPECIAL = re.compile(r"`((?:reference|accelerated)\.[\w.]+)`|`([^`]+)`|\[([A-Z]{1,3}\d+)\]|([*|_\\])")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True}


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    arguments = _arguments(obj)
    lines[:] = [line for each in paragraphs for line in _paragraph(" ".join(each.split()), arguments)]


def _skip(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Fields of records are told of in the record's docstring; of scikit-learn's methods it tells itself."""
    foreign = str(getattr(obj, "__module__", "")).startswith("sklearn")
    return True if foreign or inspect.ismemberdescriptor(obj) or type(obj).__name__ == "_tuplegetter" else None


def _arguments(obj: Any) -> list[str]:
    try:
        return list(inspect.signature(obj).parameters)
    except (TypeError, ValueError):  # a module, a built-in
        return []


def _paragraph(text: str, arguments: list[str]) -> list[str]:
    """A paragraph in reStructuredText; what it says of arguments, `name, name (shape): …`, as a list."""
    any_of = "|".join(map(re.escape, sorted(arguments, key=len, reverse=True))) or r"(?!)"
    named = rf"(?:{any_of})(?:\.\w+)?(?: \([^)]*\))?"
    starts = re.compile(rf"(?:^|(?<=[.;] ))((?:{named})(?:, {named})*): ")
    before, *found = starts.split(text)
    items = [
        f"* **{_escaped(name)}**: {_escaped(said.strip())}"
        for name, said in zip(found[::2], found[1::2], strict=True)
    ]
    # what is returned and raised is said last, after the arguments
    last, after = (items[-1], "") if items else ("", "")
    if ending := re.search(r"(?<=\.) ((?:Returns|Raises) .*)$", last):
        items[-1], after = last[: ending.start()], ending[1]
    parts = [[_escaped(before.strip())] if before.strip() else [], items, [after] if after else []]
    return [line for part in parts if part for line in (*part, "")]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(_as_markup, text)


def _as_markup(match: re.Match) -> str:
    name, code, label, special = match.groups()
    if name:
        return f":py:obj:`{name} <deepmix.{name}>`"
    if label:
        return f"\\ :ref:`[{label}] <{label.lower()}>`\\ "
    return f"``{code}``" if code else f"\\{special}"
