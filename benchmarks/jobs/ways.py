"""The kinds of jobs: from an array to labels, or from files to files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typer

from deepmix.cli.app import app
from deepmix.files import images
from deepmix.files.records import Geometry, Image

from .contestants import METHODS
from .images import N_CLASSES


class Way(NamedTuple):
    """run: the job, which is timed. labels: from its result to labels (*spatial), which is not timed."""

    run: Callable[[], Any]
    labels: Callable[[Any], np.ndarray]


def by_array(method: str, who: str, image: np.ndarray, folder: Path) -> Way:
    """An image in memory (M, *spatial)."""
    labels_of = METHODS[method][who].labels
    return Way(run=lambda: labels_of(image), labels=lambda labels: labels)


def by_files(method: str, who: str, image: np.ndarray, folder: Path) -> Way:
    """From a NIfTI file per channel, written before the job, to a label map and the command's whole report."""
    geometry = Geometry(
        size=image.shape[1:],
        spacing=(1.0,) * (image.ndim - 1),
        origin=(0.0,) * (image.ndim - 1),
        direction=tuple(np.eye(image.ndim - 1).ravel()),
    )
    like = Image(channels=image, geometry=geometry, suffix=".nii.gz", source=folder)
    paths = [images.write_maps(folder / f"channel{m}", channel[None], like) for m, channel in enumerate(image)]
    run = _command(method, paths, folder) if who == "deepmix" else _read_and_written(method, who, paths, folder)
    return Way(run=run, labels=lambda path: images.read_labels(path, images.read_grid(path)))


def _command(method: str, paths: list[Path], folder: Path) -> Callable[[], Path]:
    output = folder / "results"
    command = ["segment", *paths, "-k", N_CLASSES, "--method", method, "--overwrite", "-o", output]
    call = typer.main.get_command(app)

    def run() -> Path:
        call([*map(str, command), "--no-compilation-cache"], standalone_mode=False)
        return output / "labels.nii.gz"

    return run


def _read_and_written(method: str, who: str, paths: list[Path], folder: Path) -> Callable[[], Path]:
    def run() -> Path:
        image = images.read_image(paths)
        return images.write_labels(folder / "labels", METHODS[method][who].labels(image.channels), image)

    return run


WAYS = {"array": by_array, "NIfTI": by_files}
