"""Vectors in files: case.json, the inputs, what is expected; the same bytes on every run."""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from . import arrays, descriptions, sums
from .catalogue import catalogue
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


def write_index(folder: Path, written: Iterable[dict[str, Any]]) -> None:
    """Write what explains the vectors beside them, which there are, of which functions, and the sums of all files.

    written: the descriptions of the vectors.
    """
    written = list(written)
    for name in ("FORMAT.md", "case.schema.json"):
        (folder / name).write_bytes(Path(__file__).with_name(name).read_bytes())
    names = "".join(f"{each['function']}/{each['case']}\n" for each in written)
    (folder / "cases.txt").write_text(names, encoding="utf-8", newline="\n")
    descriptions.write_json(folder / "operations.json", catalogue(written))
    sums.write(folder)


def read(folder: Path) -> Iterator[tuple[Path, Vector]]:
    """The vectors below a folder, each with its place, in the order of the functions.

    folder: of all vectors, of those of a function, or of one.
    Raises ValueError for a folder without vectors, files that are missing, damaged, changed or of another
    specification; warns of cases that have gone.
    """
    found = [path for below in ("", "*/", "*/*/") for path in sorted(folder.glob(f"{below}case.json"))]
    if not found:
        raise ValueError(f"{folder} holds no vectors; make some with: deepmix vectors {folder}")
    if (known := sums.of_cases(folder)) is not None:
        _check_files(folder, [path.parent for path in found], known)
    order = {name: number for number, name in enumerate(OPERATIONS)}
    described = [(path, descriptions.read(path)) for path in found]
    for path, description in sorted(described, key=lambda each: order[each[1]["function"]]):
        inputs = arrays.read(path.with_name("inputs")) if description["inputs"] else {}  # of options alone
        expected = arrays.read(path.with_name("expected"))
        outputs = {name: array for name, array in expected.items() if not name.startswith(TOLERANCE)}
        _check(path.with_name("inputs"), description["inputs"], inputs)
        _check(path.with_name("expected"), description["outputs"], outputs)
        yield path.parent, Vector(description=description, inputs=inputs, expected=expected)


def _check_files(folder: Path, places: list[Path], known: sums.Sums) -> None:
    for place in places:
        sums.check_case(place, known)
    if gone := len(known) - len(places):
        warnings.warn(f"{gone} of the {len(known)} cases in {sums.FILE} are not in {folder}", stacklevel=3)


def _check(path: Path, described: dict[str, Any], held: Arrays) -> None:
    said = {name: (each["dtype"], tuple(each["shape"])) for name, each in described.items()}
    found = {name: (str(array.dtype), array.shape) for name, array in held.items()}
    for name in said.keys() | found.keys():
        if said.get(name) != found.get(name):
            raise ValueError(f"{path} holds {name} as {found.get(name)}, case.json says {said.get(name)}")
