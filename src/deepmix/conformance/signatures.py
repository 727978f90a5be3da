"""What functions and records take, in words that any language has, from their sources."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

from deepmix.reference.types import KINDS

from . import flat

Described = dict[str, Any]

# By the first word of an annotation; that of a record is its name.
TYPES = {
    "np.ndarray": "array",
    "Array": "array",
    "Tree": "tree",
    "AnyMixture": "mixture",
    "float": "number",
    "int": "integer",
    "Status": "integer",
    "bool": "flag",
    "str": "word",
    "list": "numbers",
    "Sequence": "numbers",
    "tuple": "numbers",
    "tuple of tuple": "pairs",
    "Progress": "function",
    "Done": "function",
    "Operator": "operator",
    "Penalty": "penalty",
}


def arguments(function: Callable[..., Any]) -> list[Described]:
    """Name and type of each argument, whether it goes by keyword alone, and its default if it has one."""
    said = {
        each.arg: each.annotation
        for each in ast.walk(_parsed(function))
        if isinstance(each, ast.arg) and each.annotation
    }
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        described: Described = {"name": name, "type": _type(said[name])}
        if parameter.kind is parameter.KEYWORD_ONLY:
            described["keyword"] = True
        if parameter.default is not parameter.empty:
            described["default"] = _plain(parameter.default)
        found.append(described)
    return found


def records(functions: list[Callable[..., Any]]) -> dict[str, list[Described]]:
    """The fields of the records that functions take or return, and of all kinds of these, by the record's name."""
    classes = KINDS | {each.__name__: each for function in functions for each in _records(function)}
    return {name: _fields(classes[name]) for name in sorted(classes)}


def _fields(record: Any) -> list[Described]:
    lines = [each for each in _parsed(record).body if isinstance(each, ast.AnnAssign)]
    said = {ast.unparse(each.target): each.annotation for each in lines}
    defaults = {name: {"default": _plain(value)} for name, value in record._field_defaults.items()}
    return [{"name": name, "type": _type(said[name])} | defaults.get(name, {}) for name in record._fields]


def _records(annotated: Any) -> Iterator[Any]:
    """The records in the annotations of a function or record, and in theirs."""
    waiting = [*get_type_hints(annotated).values()]
    while waiting:
        each = waiting.pop()
        waiting.extend(get_args(each))
        if hasattr(each, "_fields"):
            yield each
            yield from _records(each)


def _parsed(defined: Any) -> Any:
    return ast.parse(inspect.getsource(defined)).body[0]


def _type(annotation: ast.expr) -> str:
    said = ast.unparse(annotation)
    if said.startswith("tuple[np.ndarray"):
        return "arrays"
    word, *within = re.findall(r"[\w.]+", said)
    if (nested := f"{word} of {within[0] if within else ''}") in TYPES:
        return TYPES[nested]
    return TYPES.get(word, word)


def _plain(default: Any) -> Any:
    """As JSON has it, records by their fields; NaN as a word."""
    _, options = flat.flatten(default)
    return "NaN" if isinstance(options, float) and options != options else options
