"""Results to a folder: all of it or nothing."""

import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from deepmix.reference.metrics import dice_matrix, match_classes
from deepmix.reference.types import Status

from .results import Part, Segmentation
from .settings import Settings

REPORT = "report.json"


def check_folder(folder: Path, overwrite: bool | None, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder that cannot take the results, or that holds one of the inputs.

    overwrite: whether it may hold files; None: it may not, and no option allows it.
    Raises ValueError, saying what to do.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder for the results")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        remedy = "" if overwrite is None else ", or add --overwrite"
        raise ValueError(f"{folder} is not empty; name another folder{remedy}")
    for path in inputs:
        if path.resolve().parent == folder.resolve():
            raise ValueError(f"{path} lies in {folder}, whose files are replaced; name another folder")
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        raise ValueError(f"{nearest} cannot be written to; name another folder for the results")


@contextmanager
def new_results(folder: Path) -> Iterator[Path]:
    """A temporary folder whose files move into `folder` if the block succeeds, and vanish if not.

    Of an earlier run, the files that its report lists go; other files in the folder stay.
    """
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    beside = folder if folder.is_dir() else parent  # on the file system of the results: moving is renaming
    with tempfile.TemporaryDirectory(dir=beside, prefix=".deepmix-") as name:
        temporary = Path(name)
        yield temporary
        folder.mkdir(exist_ok=True)
        stale = set(_listed(folder / REPORT))
        # the report comes last: where it stands, all that it lists is there
        for path in sorted(temporary.iterdir(), key=lambda path: path.name == REPORT):
            os.replace(path, folder / path.name)
            stale.discard(path.name)
        for old in stale:
            (folder / old).unlink(missing_ok=True)


def _listed(report: Path) -> list[str]:
    try:
        files = json.loads(report.read_text())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in files if Path(name).name == name]


def write_report(folder: Path, report: dict[str, Any]) -> None:
    """Write report.json beside the other files of a folder, and list them in it."""
    files = sorted([*(path.name for path in folder.iterdir()), REPORT])
    text = json.dumps(_plain({**report, "files": files}), indent=2, allow_nan=False)
    (folder / REPORT).write_text(text + "\n")


def report_of(result: Segmentation) -> dict[str, Any]:
    """What a segmentation was, as plain data: settings, versions, and for each fit how it went."""
    return {
        "method": result.settings.method,
        "settings": asdict(result.settings) | {"dtype": result.settings.floating},
        "versions": versions(),
        "seconds": result.seconds,
        "standardization": result.scale._asdict(),
        "units": "means and covariances in the unit of the image; nll of the standardised channels",
        "fits": [_of_part(part) for part in result.parts],
        "guide": None if result.guide is None else _of_part(result.guide),
    }


def _of_part(part: Part) -> dict[str, Any]:
    extra = {"nll": part.nll, "steps": len(part.history), "message": part.status.message}
    return part._asdict() | extra


def check_truth(truth: np.ndarray, mask: np.ndarray | None, settings: Settings) -> None:
    """Raise ValueError if there is no true class where the image will be labelled."""
    known = truth != 0 if mask is None else (truth != 0) & mask
    if not known[..., slice(*settings.slices or (None, None))].any():
        raise ValueError("the truth holds no class inside the mask")


def scores(labels: np.ndarray, truth: np.ndarray, n_components: int) -> dict[str, Any]:
    """Matched Dice of every true class [EV2], over the labelled pixels.

    labels: 1 … K, 0 outside the mask. truth: any integers, 0 for no class; see `check_truth`.
    """
    truth = np.where(labels > 0, truth, 0)
    codes = [int(code) for code in np.unique(truth) if code != 0]
    compact = sum((truth == code) * number for number, code in enumerate(codes, start=1))
    matrix = dice_matrix(labels, compact, n_components, len(codes))
    matched = match_classes(labels, compact, n_components, len(codes))
    dice = dict.fromkeys(codes, 0.0) | {codes[c - 1]: float(matrix[k, c - 1]) for k, c in enumerate(matched) if c}
    return {
        "dice": dice,
        "mean_dice": float(np.mean(list(dice.values()))),
        "matched": {codes[c - 1]: k + 1 for k, c in enumerate(matched) if c},
    }


def relabelled(labels: np.ndarray, matched: dict[int, int]) -> np.ndarray:
    """Labels 1 … K as the true classes that `scores` matched them with; those without one become 0."""
    result = np.zeros(labels.shape, int)
    for code, k in matched.items():
        result[labels == k] = code
    return result


def versions() -> dict[str, str]:
    """Versions of all that the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("deepmix", "numpy", "scipy", "jax", "flax", "optax", "SimpleITK"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    """As JSON has it: arrays as lists, statuses by name, non-finite numbers as null."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Status):
        return value.name
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
