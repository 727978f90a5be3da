"""What is said of a vector in files: as JSON, and as lines `key = value` for languages without."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepmix.reference import SPECIFICATION

from .operations import OPERATIONS

KEYS = ("specification", "function", "case", "equations", "dtype", "expects", "options", "inputs", "outputs")


def write_json(path: Path, description: dict[str, Any]) -> None:
    """Write a description; a list, and what is said of an array or of something named, in one line."""
    text = json.dumps(description, indent=2, allow_nan=False)
    for together in (r"\[[^][{}]*]", r'\{\s+"(?:dtype|name)"[^{}]*(\{[^{}]*}\s*)?}'):
        text = re.sub(together, lambda found: _in_one_line(found[0]), text)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _in_one_line(text: str) -> str:
    return re.sub(r"(?<=[\[{]) | (?=[\]}])", "", " ".join(text.split()))


def write_lines(path: Path, description: dict[str, Any]) -> None:
    """Write a description as lines `key = value`."""
    path.write_text("".join(f"{line}\n" for line in lines(description)), encoding="utf-8", newline="\n")


def lines(value: Any, path: str = "") -> Iterator[str]:
    """`key = value` of a description: keys are paths, with numbers from 0 on in a list of records.

    A list of words is one line. Of an array it says dtype and shape; its tolerances are an array of their own.
    """
    if isinstance(value, dict) and value.keys() >= {"dtype", "shape"}:
        value = [value["dtype"], *value["shape"]]
    if isinstance(value, list) and value and not any(isinstance(each, dict) for each in value):
        value = " ".join(map(_word, value))
    if isinstance(value, (dict, list)):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from lines(each, f"{path}/{name}" if path else str(name))
    elif value is not None:
        yield f"{path} = {_word(value)}"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, allow_nan=False)


def read(path: Path) -> dict[str, Any]:
    """The description in a case.json. Raises ValueError if it is none, or of another specification."""
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    missing = [key for key in KEYS if key not in description] if isinstance(description, dict) else KEYS
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}; case.schema.json says what a case holds")
    if description["specification"] != SPECIFICATION:
        raise ValueError(
            f"{path} is of specification {description['specification']}, this is {SPECIFICATION}; "
            "make the vectors anew with: deepmix vectors"
        )
    if description["function"] not in OPERATIONS:
        raise ValueError(f"{path} is about {description['function']}, which is no function of the reference")
    return dict(description)
