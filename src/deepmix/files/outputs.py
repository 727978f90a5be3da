"""Results in a folder: either complete or absent."""

import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from deepmix import holding
from deepmix.reference.types import Status

REPORT = "report.json"
_PACKAGES = (
    *("deepmix", "numpy", "scipy", "jax", "flax", "optax", "grain", "orbax-checkpoint"),
    *("SimpleITK", "nibabel", "pydicom", "tifffile", "pillow"),
)


def check_folder(folder: Path, overwrite: bool | None, inputs: Iterable[Path] = ()) -> None:
    """Raise ValueError, saying what to do, for a folder that cannot take the results or that holds an input.

    overwrite: whether the folder may hold files; None: it may not, and no option allows it.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder for the results")
    if not overwrite and folder.is_dir() and any(path.name != holding.FILE for path in folder.iterdir()):
        remedy = "" if overwrite is None else ", or add --overwrite"
        raise ValueError(f"{folder} is not empty; name another folder{remedy}")
    for path in inputs:
        if folder.resolve() in (path.resolve(), *path.resolve().parents):
            raise ValueError(f"{path} lies in {folder}, whose files are replaced; name another folder")
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        raise ValueError(f"{nearest} cannot be written to; name another folder for the results")


@contextmanager
def claimed(folder: Path, overwrite: bool | None, inputs: Iterable[Path] = ()) -> Iterator[None]:
    """Hold a folder while results are made for it, and check it again: it may have changed since `check_folder`.

    Raises ValueError as `check_folder`, and if another process holds the folder.
    """
    with holding.held(folder):
        check_folder(folder, overwrite, inputs)
        yield


@contextmanager
def new_results(folder: Path, index: str = REPORT) -> Iterator[Path]:
    """A temporary folder whose files, at any depth, move into `folder` if the block succeeds, else are removed.

    index: the file that lists the others. The files in the index of an earlier run are removed; others stay.
    """
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    beside = folder if folder.is_dir() else parent  # on the file system of the results: moving is renaming
    with tempfile.TemporaryDirectory(dir=beside, prefix=".deepmix-") as name:
        temporary = Path(name)
        yield temporary
        folder.mkdir(exist_ok=True)
        stale = set(_listed(folder / index))
        # the index comes last: if it exists, all files that it lists do
        for name in sorted(_files(temporary), key=lambda name: name == index):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary / name, folder / name)
            stale.discard(name)
        for old in stale:
            (folder / old).unlink(missing_ok=True)
            if (parent := (folder / old).parent) != folder and parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary file that replaces `path` if the block succeeds, and is removed if not."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _files(folder: Path) -> list[str]:
    """The files below a folder, by their paths in it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _listed(index: Path) -> list[str]:
    try:
        files = [Path(name) for name in json.loads(index.read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [path.as_posix() for path in files if not path.is_absolute() and ".." not in path.parts]


def write_report(folder: Path, report: dict[str, Any], index: str = REPORT) -> None:
    """Write report.json, or another index, beside the other files of a folder, and list them in it."""
    files = sorted([*_files(folder), index])
    text = json.dumps(plain({**report, "files": files}), indent=2, allow_nan=False)
    (folder / index).write_text(text + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """Versions of all libraries that the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def plain(value: Any) -> Any:
    """A value for JSON: arrays become lists, statuses their names, non-finite numbers null."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Status):
        return value.name
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
