"""New images through a trained network, slice by slice, one forward pass each [TR3]."""

import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix import datasets, evaluation, figures, images, outputs
from deepmix.datasets import Case, LoadedCase

from .items import prepared
from .runs import Trained


class Slice(NamedTuple):
    """How a slice went: its number in the volume, None for an image; its NLL; μ (K, M), standardised."""

    z: int | None
    nll: float
    means: np.ndarray
    degenerate: np.ndarray


def case_of(paths: list[Path], mask: Path | None, truth: Path | None, run: Trained) -> Case:
    """A case from files; its channels are those of the run, in its order. ValueError if they are not as many."""
    channels = run.record["channels"]
    if len(paths) != len(channels):
        raise ValueError(
            f"the run has {len(channels)} channels, each a file: {', '.join(channels)}, got {len(paths)}"
        )
    name = paths[0].name.split(".")[0]
    return Case(name, dict(zip(channels, paths, strict=True)), mask, truth, name)


def segment(case: Case, run: Trained, backend: ModuleType, folder: Path, probabilities: bool) -> dict[str, Any]:
    """Segment a case and write what `deepmix segment` writes of an image, its report included, which it returns.

    Raises ValueError that names all that is wrong with the case.
    """
    began = time.perf_counter()
    items, maps, slices = _through_network(_cropped(case, run), run, backend)
    like, classes = items[0].like, run.record["classes"]
    proportions = datasets.assembled(items, maps)
    inside = datasets.assembled(items, [item.mask for item in items])
    labels = np.where(inside, proportions.argmax(axis=0) + 1, 0).astype(np.uint8)
    report = {"case": case.name, "seconds": time.perf_counter() - began, "classes": classes, "slices": slices}
    if (truths := [item.labels for item in items if item.labels is not None]) and any(map(np.any, truths)):
        truth = datasets.assembled(items, truths)
        report |= evaluation.scores(labels, truth, run.settings.n_components, run.settings.named)
    folder.mkdir(exist_ok=True)
    images.write_labels(folder / "labels", labels, like)
    if probabilities:
        images.write_probabilities(folder / "probabilities", proportions, like)
    channels = datasets.assembled(items, [item.image for item in items])
    overlay = folder / "overlay.png"
    names = list(case.channels)
    figures.overlay(
        overlay, channels, labels, names, inside, class_names=classes, view=like.view, aspect=like.aspect
    )
    outputs.write_report(folder, report | {"channels": case.channels, "versions": outputs.versions()})
    return report


def _through_network(
    loaded: list[LoadedCase], run: Trained, backend: ModuleType
) -> tuple[list[LoadedCase], list[np.ndarray], list[Slice]]:
    """Those images that have as many pixels as classes; their class probabilities (K, h, w); how they went."""
    kept, maps, slices = [], [], []
    model, n_components = run.settings.model().deep, run.settings.n_components
    for item in loaded:
        if item.mask.sum() < n_components:
            trouble = f"{item.name} has {item.mask.sum()} pixels in the mask, fewer than classes: left out"
            warnings.warn(trouble, stacklevel=2)
            continue
        image = prepared(item, run.settings.standardize).image.astype(run.settings.dtype)
        found = backend.training.predict(run.parameters, image, item.mask, model=model)
        chosen = found.posterior if model.label_rule == "posterior" else found.proportions
        means, degenerate = np.asarray(found.mixture.means), np.asarray(found.degenerate)
        kept.append(item)
        maps.append(np.where(item.mask, chosen, 0).astype(np.float32))
        slices.append(Slice(item.z, float(found.nll), means, degenerate))
    if not kept:
        raise ValueError(f"{loaded[0].case.name} has nowhere as many pixels in its mask as there are classes")
    return kept, maps, slices


def _cropped(case: Case, run: Trained) -> list[LoadedCase]:
    """Windows as large as those of the training, or larger where a mask does not fit."""
    whole = datasets.load(case._replace(layout=case.layout._replace(size=None)))
    needed = datasets.fitting((item.mask for item in whole), run.settings.multiple)
    height, width = np.maximum(needed, run.record["size"])
    return [datasets.cropped(item, (int(height), int(width))) for item in whole]
