"""Vectors in files: case.json, inputs.npz, expected.npz; the same bytes on every run."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.reference import SPECIFICATION

from .flat import Arrays
from .operations import OPERATIONS
from .vectors import TOLERANCE, Vector

KEYS = ("specification", "function", "case", "equations", "dtype", "expects", "options", "inputs", "outputs")


def write(folder: Path, vector: Vector) -> None:
    """Write a vector's three files below a folder of vectors."""
    place = folder / vector.description["function"] / vector.description["case"]
    place.mkdir(parents=True)
    write_json(place / "case.json", vector.description)
    _write_npz(place / "inputs.npz", vector.inputs)
    _write_npz(place / "expected.npz", vector.expected)


def write_json(path: Path, description: dict[str, Any]) -> None:
    """Write a description; a list, and what is said of an array, in one line."""
    text = json.dumps(description, indent=2, allow_nan=False)
    for together in (r"\[[^][{}]*]", r'\{\s+"dtype"[^{}]*(\{[^{}]*}\s*)?}'):
        text = re.sub(together, lambda found: _in_one_line(found[0]), text)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _in_one_line(text: str) -> str:
    return re.sub(r"(?<=[\[{]) | (?=[\]}])", "", " ".join(text.split()))


def write_format(folder: Path) -> None:
    """Write what explains the files beside them: FORMAT.md and the schema of case.json."""
    for name in ("FORMAT.md", "case.schema.json"):
        (folder / name).write_bytes(Path(__file__).with_name(name).read_bytes())


def _write_npz(path: Path, arrays: Arrays) -> None:
    """As `numpy.savez_compressed`, but with plain ZIP headers, which small readers understand, and no dates."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=False) as file:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            file.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED)


def read(folder: Path) -> Iterator[tuple[Path, Vector]]:
    """The vectors below a folder, each with its place, in the order of the functions.

    folder: of all vectors, of those of a function, or of one.
    Raises ValueError for a folder without vectors, files that are missing, damaged or of another specification.
    """
    found = [path for below in ("", "*/", "*/*/") for path in sorted(folder.glob(f"{below}case.json"))]
    if not found:
        raise ValueError(f"{folder} holds no vectors; make some with: deepmix vectors {folder}")
    order = {name: number for number, name in enumerate(OPERATIONS)}
    described = [(path, _description(path)) for path in found]
    for path, description in sorted(described, key=lambda each: order[each[1]["function"]]):
        inputs, expected = (load(path.with_name(name)) for name in ("inputs.npz", "expected.npz"))
        outputs = {name: array for name, array in expected.items() if not name.startswith(TOLERANCE)}
        _check(path.with_name("inputs.npz"), description["inputs"], inputs)
        _check(path.with_name("expected.npz"), description["outputs"], outputs)
        yield path.parent, Vector(description=description, inputs=inputs, expected=expected)


def _description(path: Path) -> dict[str, Any]:
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


def _check(path: Path, described: dict[str, Any], held: Arrays) -> None:
    said = {name: (each["dtype"], tuple(each["shape"])) for name, each in described.items()}
    found = {name: (str(array.dtype), array.shape) for name, array in held.items()}
    for name in said.keys() | found.keys():
        if said.get(name) != found.get(name):
            raise ValueError(f"{path} holds {name} as {found.get(name)}, case.json says {said.get(name)}")


def load(path: Path) -> Arrays:
    """The arrays of an .npz file by name. Raises FileNotFoundError, or ValueError if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged archive makes of its readers
        raise ValueError(f"{path} cannot be read as .npz: {error}") from None
