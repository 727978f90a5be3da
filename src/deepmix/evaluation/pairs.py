"""Which predicted label map belongs to which true one."""

from pathlib import Path
from typing import NamedTuple

from deepmix import datasets
from deepmix.files import images
from deepmix.files.inputs import existing


class Pair(NamedTuple):
    """The two label maps of a case.

    codes: tissues and their codes in the true map, if the layout of the data has any; in the prediction the
    tissues are 1, 2, …
    """

    case: str
    prediction: Path
    truth: Path
    codes: dict[str, int]


def find(prediction: Path, truth: Path) -> tuple[list[Pair], list[str]]:
    """The pair of two label maps, or the pairs of two folders; and the true cases without a prediction.

    A label map is a file, or a folder of results, which holds `labels.*`. A folder of many holds files, or folders
    of results, with the names of their cases. The truth may also be a data set; see `datasets.find`.
    Raises FileNotFoundError if there is no such path, and ValueError for maps that cannot be paired.
    """
    one, other = _single(existing(prediction)), _single(existing(truth))
    if one and other:
        return [Pair(case=_name(truth), prediction=one, truth=other, codes={})], []
    if one or other:
        single, many = (prediction, truth) if one else (truth, prediction)
        raise ValueError(f"{single} is one label map, {many} holds many; name two files or two folders")
    predicted, true = _maps(prediction), _truths(truth)
    if alone := [name for name in predicted if name not in true]:
        raise ValueError(f"{prediction} and {truth} do not fit: no truth for {', '.join(alone)}")
    pairs = [
        Pair(case=name, prediction=path, truth=true[name][0], codes=true[name][1])
        for name, path in predicted.items()
    ]
    return pairs, [name for name in true if name not in predicted]


def _single(path: Path) -> Path | None:
    """The label map that a path stands for; None if it stands for many."""
    if path.is_dir():
        return _result(path)
    return None if path.suffix.lower() == ".csv" else path


def _result(folder: Path) -> Path | None:
    """The label map in a folder of results."""
    found = [path for path in sorted(folder.glob("labels.*")) if _suffix(path) and _name(path) == "labels"]
    if len(found) > 1:
        raise ValueError(f"{folder} holds {' and '.join(path.name for path in found)}; name one of them")
    return found[0] if found else None


def _maps(folder: Path) -> dict[str, Path]:
    """The label maps in a folder by case."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        inside = _result(path) if path.is_dir() else path if _suffix(path) else None
        if inside is None or path.name.startswith("."):
            continue
        name = path.name if path.is_dir() else _name(path)
        if name in found:
            raise ValueError(f"{found[name]} and {inside} are both of the case {name}")
        found[name] = inside
    if not found:
        raise ValueError(f"no label maps in {folder}: neither files named as cases nor folders with labels.*")
    return found


def _truths(path: Path) -> dict[str, tuple[Path, dict[str, int]]]:
    """True label maps and the codes of their tissues, by case."""
    try:
        cases = datasets.find(path)
    except ValueError:
        if not path.is_dir() or (path / "cases.csv").exists():
            raise
        return {name: (file, {}) for name, file in _maps(path).items()}
    found = {case.name: (case.labels, dict(case.layout.codes)) for case in cases if case.labels is not None}
    if not found:
        raise ValueError(f"{path} names no true labels; it needs a column labels")
    return found


def _suffix(path: Path) -> str:
    """The suffix that makes a file an image; "" if it is not an image."""
    name = path.name.lower()
    return max((suffix for suffix in images.SUFFIXES if name.endswith(suffix)), key=len, default="")


def _name(path: Path) -> str:
    """The name of a file without the suffix, or of a folder."""
    return path.name if path.is_dir() else path.name[: len(path.name) - len(_suffix(path))]
