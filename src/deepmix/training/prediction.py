"""New images through a trained network: files in, a folder out [TR3]."""

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from deepmix import datasets, evaluation
from deepmix.datasets import CaseFiles, LoadedCase
from deepmix.files import images, outputs
from deepmix.report import figures
from deepmix.settings import flat

from .inference import Passed, through_network
from .runs import Run


def case_of(paths: list[Path], mask: Path | None, truth: Path | None, run: Run) -> CaseFiles:
    """A case from files, one for each channel of the run, in its order. Raises ValueError for another number."""
    channels = run.record["channels"]
    if len(paths) != len(channels):
        raise ValueError(
            f"the run has {len(channels)} channels, each a file: {', '.join(channels)}, got {len(paths)}"
        )
    name = paths[0].name.split(".")[0]
    return CaseFiles(
        name=name, channels=dict(zip(channels, paths, strict=True)), mask=mask, labels=truth, patient=name
    )


def fitted(case: CaseFiles, run: Run) -> CaseFiles:
    """A case of a data set, not cropped, with its channels in the run's order; other channels are a fault."""
    channels = run.record["channels"]
    case = case._replace(layout=case.layout._replace(size=None))
    if set(case.channels) != set(channels) and not case.faults:
        fault = f"its channels are {', '.join(case.channels)}, those of the run {', '.join(channels)}"
        return case._replace(faults=(fault,))
    return case._replace(channels={name: case.channels[name] for name in channels if name in case.channels})


def files(case: CaseFiles) -> list[Path]:
    """All files of a case."""
    return [path for path in (*case.channels.values(), case.mask, case.labels) if path is not None]


def segment(
    case: CaseFiles,
    run: Run,
    backend: ModuleType,
    folder: Path,
    probabilities: bool,
    passed: Passed = lambda done, n: None,
) -> dict[str, Any]:
    """Segment a case, and write the same files as `deepmix segment` writes for an image. Returns the report.

    passed: see `inference.Passed`. Raises ValueError that names everything that is wrong with the case.
    """
    began = time.perf_counter()
    passed(0, 1)
    items, maps, slices = through_network(_loaded(case, run), run, backend, passed)
    like, names = items[0].like, _class_names(run)
    proportions = datasets.assembled(items, maps)
    inside = datasets.assembled(items, [item.mask for item in items])
    labels = np.where(inside, proportions.argmax(axis=0) + 1, 0).astype(np.uint8)
    report = {"case": case.name, "seconds": time.perf_counter() - began, "classes": names}
    report["slices"] = [each._asdict() for each in slices]
    if (truth := _truth(items, run)) is not None:
        report |= evaluation.scores(labels, truth, run.settings.n_components, run.settings.named)
    folder.mkdir(exist_ok=True)
    images.write_labels(folder / "labels", labels, like)
    if probabilities:
        images.write_maps(folder / "probabilities", proportions, like)
    figures.overlay(
        folder / "overlay.png",
        datasets.assembled(items, [item.image for item in items]),
        labels,
        list(case.channels),
        inside,
        class_names=names,
        view=like.view,
        aspect=like.aspect,
    )
    settings = {
        "settings": flat(run.settings),
        "channels": case.channels,
        "mask": case.mask,
        "truth": case.labels,
    }
    units = "mixtures and nll of the standardised channels"
    outputs.write_report(folder, report | settings | {"units": units, "versions": outputs.versions()})
    return report


def _class_names(run: Run) -> list[str] | None:
    """The names of the tissues, if class k is tissue k and there are as many."""
    codes = run.record["codes"]
    return list(codes) if codes and run.settings.named and len(codes) == run.settings.n_components else None


def _truth(items: list[LoadedCase], run: Run) -> np.ndarray | None:
    """The true labels of all items; codes of the run's data become the numbers of their tissues.

    Raises ValueError for labels that are no classes, if class k is tissue k.
    """
    if items[0].labels is None:
        return None
    inside = datasets.assembled(items, [item.mask for item in items])
    truth = np.where(inside, datasets.assembled(items, [np.asarray(item.labels) for item in items]), 0)
    if not truth.any():
        raise ValueError(f"{items[0].case.labels} holds no class inside the mask")
    codes = list((run.record["codes"] or {}).values())
    if set(codes) & set(np.unique(truth)):
        return sum((truth == code) * number for number, code in enumerate(codes, start=1))
    if run.settings.named and truth.max() > run.settings.n_components:
        raise ValueError(
            f"{items[0].case.labels} holds the label {truth.max()}; the classes of the run are 1 to "
            f"{run.settings.n_components}"
        )
    return truth


def _loaded(case: CaseFiles, run: Run) -> list[LoadedCase]:
    """The case in crops as large as the training's crops or patches, or larger if a mask does not fit."""
    whole = datasets.load(case, dimension=run.settings.data.dimension, spacing=run.spacing)
    needed = datasets.fitting((item.mask for item in whole), run.settings.multiple)
    size = np.maximum(needed, run.record["size"])
    return [datasets.cropped(item, tuple(size.tolist())) for item in whole]
