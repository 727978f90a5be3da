"""New images through a trained network, slice by slice, one forward pass each [TR3]."""

import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix import datasets, evaluation
from deepmix.datasets import CaseFiles, LoadedCase
from deepmix.files import images, outputs
from deepmix.reference.deep_mixtures.records import LABEL_RULES
from deepmix.report import figures
from deepmix.settings import flat

from .items import prepared
from .runs import Run


class Slice(NamedTuple):
    """What the network found in a slice; its standardised channels are the unit.

    slice: its number in the volume, None for an image. nll: that of its mixture. degenerate: (K,) bool.
    proportions: (K,). means: (K, M). covariances: by their type.
    """

    slice: int | None
    nll: float
    degenerate: np.ndarray
    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


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


def segment(case: CaseFiles, run: Run, backend: ModuleType, folder: Path, probabilities: bool) -> dict[str, Any]:
    """Segment a case, and write the same files as `deepmix segment` writes for an image. Returns the report.

    Raises ValueError that names everything that is wrong with the case.
    """
    began = time.perf_counter()
    items, maps, slices = _through_network(_cropped(case, run), run, backend)
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


def _through_network(
    loaded: list[LoadedCase], run: Run, backend: ModuleType
) -> tuple[list[LoadedCase], list[np.ndarray], list[Slice]]:
    """The images with at least as many pixels as classes; their class probabilities (K, h, w); their `Slice`s."""
    kept, maps, slices = [], [], []
    model, n_components = run.settings.model().deep, run.settings.n_components
    for item in loaded:
        if item.mask.sum() < n_components:
            trouble = f"{item.name} has {item.mask.sum()} pixels in the mask, fewer than classes: left out"
            warnings.warn(trouble, stacklevel=2)
            continue
        image = prepared(item, run.settings.data.standardize).image.astype(run.settings.dtype)
        found = backend.deep_mixtures.many_images.predict(run.parameters, image, item.mask, model=model)
        chosen = LABEL_RULES[model.label_rule](found)
        kept.append(item)
        maps.append(np.where(item.mask, chosen, 0).astype(np.float32))
        slices.append(
            Slice(
                slice=item.z,
                nll=float(found.value),
                degenerate=np.asarray(found.degenerate),
                proportions=np.asarray(found.mixture.proportions),
                means=np.asarray(found.mixture.means),
                covariances=np.asarray(found.mixture.covariances),
            )
        )
    if not kept:
        raise ValueError(f"{loaded[0].case.name} has nowhere as many pixels in its mask as there are classes")
    return kept, maps, slices


def _cropped(case: CaseFiles, run: Run) -> list[LoadedCase]:
    """The case in windows as large as those of the training, or larger if a mask does not fit."""
    whole = datasets.load(case)
    needed = datasets.fitting((item.mask for item in whole), run.settings.multiple)
    height, width = np.maximum(needed, run.record["size"])
    return [datasets.cropped(item, (int(height), int(width))) for item in whole]
