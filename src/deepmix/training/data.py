"""A data set to what training needs: who trains, who is watched, and by which means classes are named."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix import datasets, images
from deepmix.datasets import LoadedCase

from .items import Item, mean_prior, prepared
from .settings import TrainSettings


class Data(NamedTuple):
    """The images of a training.

    training: what the network learns from, with truth where [TR4] may use it. watched: labelled ones on which
    it is tried after each epoch, never trained on if there are test cases with labels. means: μ_data (K, M).
    n_classes: C, of the truth. record: what a run folder says of all this.
    """

    training: list[Item]
    watched: list[Item]
    means: np.ndarray | None
    n_classes: int
    record: dict[str, Any]


def read(path: Path, settings: TrainSettings, skip_bad: bool = False) -> Data:
    """Read a data set; see `datasets.find`. Raises ValueError that lists all that is wrong with its cases."""
    n_classes = settings.n_components if settings.named else None
    crop = None if settings.crop is None else (settings.crop, settings.crop)
    cases, skipped = datasets.load_all(datasets.find(path), skip_bad, crop, n_classes)
    if (crop or cases[0][0].case.layout.size) is None:
        size = datasets.fitting((item.mask for case in cases for item in case), settings.multiple)
        cases = [[datasets.cropped(item, size) for item in case] for case in cases]
    size = cases[0][0].crop.size
    if any(side % settings.multiple for side in size):
        raise ValueError(f"crops of {size} pixels are no multiples of 2^depth; choose others with --crop")
    training, test = _split(cases, settings)
    rng = np.random.default_rng(settings.seed)
    known = [case for case in training if case[0].labels is not None]
    labelled = _some(known, round(settings.labelled_fraction * len(known)) if settings.supervision else 0, rng)
    layout, channels = cases[0][0].case.layout, list(cases[0][0].case.channels)
    means, shown = _means(known, settings, len(channels), rng)
    tissues = [name for name, _ in layout.codes]
    record = {
        "channels": channels,
        "classes": tissues if settings.named and len(tissues) == settings.n_components else None,
        "size": size,
        "means": means,
        "cases": {
            "training": _names(training),
            "test": _names(test),
            "labelled": _names(labelled),
            "means": _names(shown),
            "skipped": skipped,
        },
    }
    tried = [case for case in test if case[0].labels is not None] or known
    truths = [item.labels for case in tried for item in case if item.labels is not None]
    return Data(
        [
            prepared(item, settings.standardize, case[0].case.name in record["cases"]["labelled"])
            for case in training
            for item in case
        ],
        [prepared(item, settings.standardize) for case in tried for item in case],
        means,
        max((int(truth.max()) for truth in truths), default=0),
        record,
    )


def _split(
    cases: list[list[LoadedCase]], settings: TrainSettings
) -> tuple[list[list[LoadedCase]], list[list[LoadedCase]]]:
    """Those who train and those who never do."""
    patients = {case[0].case.patient for case in cases}
    if settings.test is not None and (strangers := set(settings.test) - patients):
        raise ValueError(f"no case is of the test patients {', '.join(sorted(strangers))}")
    held = set(cases[0][0].case.layout.test_patients if settings.test is None else settings.test)
    training = [case for case in cases if case[0].case.patient not in held]
    if not training:
        raise ValueError("all cases are for testing; none is left to train on")
    return training, [case for case in cases if case[0].case.patient in held]


def _means(
    known: list[list[LoadedCase]], settings: TrainSettings, n_channels: int, rng: np.random.Generator
) -> tuple[np.ndarray | None, list[list[LoadedCase]]]:
    """μ_data and the cases that it was estimated from."""
    given = settings.means_init
    if given is None:
        return None, []
    if given != "auto":
        return _read_means(Path(given), settings.n_components, n_channels), []
    if not known:
        raise ValueError("no training case has labels to estimate the class means from; give them in a file")
    chosen = _some(known, settings.prior_cases, rng)
    items = [prepared(item, settings.standardize) for case in chosen for item in case]
    return mean_prior(items, settings.n_components), chosen


def _read_means(path: Path, n_components: int, n_channels: int) -> np.ndarray:
    means = images.read_means(path)
    if means.shape != (n_components, n_channels):
        raise ValueError(
            f"{path} holds {means.shape[0]} rows of {means.shape[1]} means; "
            f"{n_components} classes of {n_channels} channels need {n_components} rows of {n_channels}"
        )
    return means


def _some(cases: list[list[LoadedCase]], number: int, rng: np.random.Generator) -> list[list[LoadedCase]]:
    """So many of the cases, all if there are fewer, in their order."""
    chosen = rng.permutation(len(cases))[:number]
    return [cases[place] for place in sorted(chosen)]


def _names(cases: list[list[LoadedCase]]) -> list[str]:
    return [case[0].case.name for case in cases]
