"""Settings as frozen dataclasses of fields and of groups, which are such dataclasses themselves.

Users give settings by flat names, which are unique in a record; the record keeps them in its groups. Each field
states in one place its default, its help, the values it may have, and how a command reads it.
"""

import dataclasses
import difflib
import inspect
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar

import numpy as np

from deepmix.reference.checks import check_choice

Record = TypeVar("Record")

# Of a field of that type: what a value must be, NumPy's included, and what that is called.
_NUMBERS: dict[Any, tuple[Any, str]] = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    int | None: (Integral | None, "a whole number"),
    float | None: (Real | None, "a number"),
}

NETWORK, LOOP, MIXTURE, RUN = "Network", "How the network is trained", "Mixture", "Running"  # panels of the help


class About(NamedTuple):
    """What is known of a field beside its type and default.

    help: text of the option. panel: of the help, None for the main one. choices: the values it may have.
    least, most, below: least ≤ value ≤ most, or value < below. word: a word that may replace a number ≥ 0.
    names: of the option, if not `--its-name`. typed: the type that a user types, if it is another one.
    parse: from what was typed to the value.
    """

    help: str
    panel: str | None = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    below: float | None = None
    word: str | None = None
    names: tuple[str, ...] = ()
    typed: Any = None
    parse: Callable[[Any], Any] | None = None


class Setting(NamedTuple):
    """A field of a record, or of one of its groups."""

    group: str | None
    name: str
    type: Any
    default: Any
    about: About


def setting(default: Any = dataclasses.MISSING, *, help: str, **about: Any) -> Any:
    """A field of a record of settings; see `About`."""
    return dataclasses.field(default=default, metadata={"about": About(help=help, **about)})


def settings_of(record: Any) -> dict[str, Setting]:
    """All fields of a record and of its groups, by their flat names, in order.

    Raises TypeError if two fields have one name.
    """
    found: dict[str, Setting] = {}
    groups = _groups(record)
    for field in dataclasses.fields(record):
        group = field.name if field.name in groups else None
        for each in dataclasses.fields(groups[group]) if group else [field]:
            if each.name in found:
                raise TypeError(f"{record.__name__} has two fields {each.name!r}")
            found[each.name] = Setting(
                group=group,
                name=each.name,
                type=each.type,
                default=each.default,
                about=each.metadata["about"],
            )
    return found


def nested(record: type[Record], **given: Any) -> Record:
    """A record from values by flat names. Raises TypeError for unknown names, and suggests similar ones."""
    own, groups = _distributed(record, given)
    return record(**own, **{group: _groups(record)[group](**values) for group, values in groups.items()})


def changed(record: Record, **given: Any) -> Record:
    """A copy of a record with other values for some flat names. Raises TypeError for unknown names."""
    own, groups = _distributed(type(record), given)
    made = {group: dataclasses.replace(getattr(record, group), **values) for group, values in groups.items()}
    every: Any = record  # for all that a type checker knows, it might be no dataclass
    return dataclasses.replace(every, **own, **made)


def flat(record: Any) -> dict[str, Any]:
    """All values of a record by their flat names, from which `nested` makes the same record."""
    return {
        each.name: getattr(getattr(record, each.group) if each.group else record, each.name)
        for each in settings_of(type(record)).values()
    }


def picked(kind: Callable[..., Record], settings: Any, **besides: Any) -> Record:
    """A NamedTuple of the backends whose fields are settings of the same names. besides: the other fields."""
    values, fields = flat(settings) | besides, inspect.signature(kind).parameters
    return kind(**{name: values[name] for name in fields})


def check(record: Any) -> None:
    """Raise ValueError for a value that its field does not allow."""
    values, known = flat(record), settings_of(type(record))
    for name, value in values.items():
        if known[name].about.choices and not (value is None and known[name].default is None):
            check_choice(name, value, known[name].about.choices)
        kind, called = _NUMBERS.get(known[name].type, (object, ""))
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be {called}, got {value!r}")
    for name, value in values.items():
        if not (value is None and known[name].default is None):
            _check_number(name, value, known[name].about)


def _groups(record: Any) -> dict[str, Any]:
    """The types of a record's groups, by name."""
    return {field.name: field.type for field in dataclasses.fields(record) if dataclasses.is_dataclass(field.type)}


def _distributed(record: type, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Values by name of the record's own fields, and of those of each group."""
    known = settings_of(record)
    if unknown := [name for name in given if name not in known]:
        raise TypeError("; ".join(_unknown(name, list(known)) for name in unknown))
    own: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        group = known[name].group
        (groups.setdefault(group, {}) if group else own)[name] = value
    return own, groups


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known)
    return f"there is no setting {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _check_number(name: str, value: Any, about: About) -> None:
    if about.word is not None:
        if value != about.word and not (isinstance(value, (int, float)) and 0 <= value < np.inf):
            raise ValueError(f"{name} must be a number that is not negative, or {about.word}; got {value!r}")
    elif about.least is not None:
        if about.most is not None:
            fits, allowed = about.least <= value <= about.most, f"from {about.least} to {about.most}"
        elif about.below is not None:
            fits, allowed = (
                about.least <= value < about.below,
                f"at least {about.least} and less than {about.below}",
            )
        else:
            fits, allowed = value >= about.least, f"at least {about.least}"
        if not fits:
            raise ValueError(f"{name} must be {allowed}, got {value}")
