"""Vectors in files: case.json, the inputs, what is expected; the same bytes on every run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import arrays, descriptions
from .flat import Arrays
from .operations import OPERATIONS
from .vectors import TOLERANCE, Vector


def write(folder: Path, vector: Vector, form: str = "npz") -> None:
    """Write a vector below a folder of vectors. form: of the arrays, one of `arrays.WRITERS`.

    Where these are plain files, the description is one too: case.txt, beside case.json.
    """
    place = folder / vector.description["function"] / vector.description["case"]
    place.mkdir(parents=True)
    descriptions.write_json(place / "case.json", vector.description)
    if form == "npy":
        descriptions.write_lines(place / "case.txt", vector.description)
    arrays.WRITERS[form](place / "inputs", vector.inputs)
    arrays.WRITERS[form](place / "expected", vector.expected)


def write_format(folder: Path) -> None:
    """Write what explains the files beside them: FORMAT.md and the schema of case.json."""
    for name in ("FORMAT.md", "case.schema.json"):
        (folder / name).write_bytes(Path(__file__).with_name(name).read_bytes())


def read(folder: Path) -> Iterator[tuple[Path, Vector]]:
    """The vectors below a folder, each with its place, in the order of the functions.

    folder: of all vectors, of those of a function, or of one.
    Raises ValueError for a folder without vectors, files that are missing, damaged or of another specification.
    """
    found = [path for below in ("", "*/", "*/*/") for path in sorted(folder.glob(f"{below}case.json"))]
    if not found:
        raise ValueError(f"{folder} holds no vectors; make some with: deepmix vectors {folder}")
    order = {name: number for number, name in enumerate(OPERATIONS)}
    described = [(path, descriptions.read(path)) for path in found]
    for path, description in sorted(described, key=lambda each: order[each[1]["function"]]):
        inputs, expected = (arrays.read(path.with_name(name)) for name in ("inputs", "expected"))
        outputs = {name: array for name, array in expected.items() if not name.startswith(TOLERANCE)}
        _check(path.with_name("inputs"), description["inputs"], inputs)
        _check(path.with_name("expected"), description["outputs"], outputs)
        yield path.parent, Vector(description=description, inputs=inputs, expected=expected)


def _check(path: Path, described: dict[str, Any], held: Arrays) -> None:
    said = {name: (each["dtype"], tuple(each["shape"])) for name, each in described.items()}
    found = {name: (str(array.dtype), array.shape) for name, array in held.items()}
    for name in said.keys() | found.keys():
        if said.get(name) != found.get(name):
            raise ValueError(f"{path} holds {name} as {found.get(name)}, case.json says {said.get(name)}")
