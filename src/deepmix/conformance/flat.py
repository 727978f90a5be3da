"""Between Python values and flat names: what files hold and what functions take and return.

A name is a path: `mixture/means`, `parameters/encoder_0/conv_0/kernel`. Arrays go by their path; all that
is no array (the options) is plain JSON data, nested as the arguments are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from deepmix.reference.mixtures.forms import FORMS
from deepmix.reference.types import KINDS

KIND = "kind"  # the option that names a record where an argument may be one of several
Arrays = dict[str, np.ndarray]
REGULARIZERS = {"regularizers", "of_batch"}  # fields that hold pairs of a function and its strength


def flatten(value: Any, path: str = "") -> tuple[Arrays, Any]:
    """The arrays of a value by path, and the rest of it as JSON data (None: nothing).

    value: arrays, numbers and strings, in records, dicts and tuples of any depth; None is left out.
    """
    if isinstance(value, np.ndarray):
        return {path: value}, None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        name = type(value).__name__
        named = {KIND: name} if name in KINDS else {}
        return _flatten_items(named | dict(zip(value._fields, value, strict=True)), path)
    if isinstance(value, Mapping):
        return _flatten_items(value, path)
    if isinstance(value, (tuple, list)):
        arrays, options = _flatten_items({str(number): each for number, each in enumerate(value)}, path)
        return arrays, [(options or {}).get(str(number)) for number in range(len(value))]
    return {}, value


def _flatten_items(items: Mapping[str, Any], path: str) -> tuple[Arrays, Any]:
    arrays: Arrays = {}
    options: dict[str, Any] = {}
    for name, value in items.items():
        of_value, rest = flatten(value, f"{path}/{name}" if path else name)
        arrays |= of_value
        if rest is not None:
            options[name] = rest
    return arrays, options or None


def arguments(
    function: Callable[..., Any],
    arrays: Arrays,
    options: dict[str, Any],
    regularizer: Callable[[dict[str, Any]], Any],
) -> dict[str, Any]:
    """The arguments of a function of `reference` from their flat form; its annotations name the records.

    regularizer: from {"name", "strength", …} to what `DeepModel.regularizers` and `TrainingModel.of_batch` take.
    """
    hints = get_type_hints(function)
    records = _records(options.get("family") or (options.get("model") or {}).get("family"), hints)
    built = {
        name: _build(kind, name, arrays, options.get(name), regularizer, records)
        for name, kind in hints.items()
        if name != "return"
    }
    return {name: value for name, value in built.items() if value is not None}


def _records(family: str | None, hints: dict[str, Any]) -> list[Any]:
    """The records of mixtures, the most likely first: that of the family, and those that the annotations name."""
    known = {name: each.record for name, each in FORMS.items()}
    first = [known[family]] if family in known else []
    return [*first, *(kind for kind in hints.values() if kind in known.values()), *known.values()]


def _build(
    kind: Any, path: str, arrays: Arrays, options: Any, regularizer: Callable[..., Any], records: list[Any]
) -> Any:
    if path in arrays:
        return arrays[path]
    if Any in (kind, *get_args(kind)):  # a mixture of any family, which its arrays tell
        below = _children(path, arrays)
        kind = next((each for each in records if set(each._fields) == below), kind)
    kind = next((each for each in get_args(kind) if hasattr(each, "_fields")), kind)  # X of X | None
    if isinstance(options, Mapping) and KIND in options:
        kind = KINDS[options[KIND]]
    if hasattr(kind, "_fields"):
        if options is None and not _children(path, arrays):
            return None
        hints, options = get_type_hints(kind), options or {}
        fields = {
            name: _build(hints[name], f"{path}/{name}", arrays, options.get(name), regularizer, records)
            for name in kind._fields
        }
        for field in REGULARIZERS & options.keys():
            named = enumerate(options[field])
            fields[field] = tuple(
                regularizer(each | tree(f"{path}/{field}/{number}", arrays)) for number, each in named
            )
        return kind(**{name: value for name, value in fields.items() if value is not None})
    if get_origin(kind) is tuple and f"{path}/0" in arrays:
        return tuple(arrays[f"{path}/{number}"] for number in range(len(_children(path, arrays))))
    if isinstance(options, list) and any(get_origin(each) is tuple for each in (kind, *get_args(kind))):
        return tuple(options)
    return tree(path, arrays) or options


def _children(path: str, arrays: Arrays) -> set[str]:
    """The names of what lies directly below a path."""
    return {name.removeprefix(f"{path}/").partition("/")[0] for name in arrays if name.startswith(f"{path}/")}


def tree(path: str, arrays: Arrays) -> dict[str, Any]:
    """The nested dict of the arrays below a path."""
    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        if name.startswith(f"{path}/"):
            *branches, leaf = name.removeprefix(f"{path}/").split("/")
            place = tree
            for branch in branches:
                place = place.setdefault(branch, {})
            place[leaf] = array
    return tree


def leaves(value: Any) -> Arrays:
    """Every leaf of what a function of `reference` returned as an array, by path."""
    return {path: np.asarray(leaf) for path, leaf in named(value).items()}


def named(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf of what a function returned as it is, by path."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        value = dict(zip(value._fields, value, strict=True))
    elif is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    elif isinstance(value, SimpleNamespace):
        value = vars(value)
    if not isinstance(value, Mapping):
        return {path: value}
    return {
        name: leaf
        for key, each in value.items()
        for name, leaf in named(each, f"{path}/{key}" if path else key).items()
    }


def outputs(value: Any, paths: Iterable[str]) -> tuple[Arrays, list[str]]:
    """The arrays at those paths of what a port returned that are there, and what else it holds, by path.

    value: records (by attribute) or mappings (by key) of any depth; what is None is not there.
    """
    wanted = dict.fromkeys(paths)
    picked = {path: _pick(value, path) for path in wanted}
    found = {path: np.asarray(leaf) for path, leaf in picked.items() if leaf is not None}
    return found, [path for path, leaf in named(value).items() if leaf is not None and path not in wanted]


def _pick(value: Any, path: str) -> Any:
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return value
