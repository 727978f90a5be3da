"""From a data set to what training needs: images to train on, images to watch, and the means of the classes."""

import hashlib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix import datasets
from deepmix.files.means import read_means

from . import patches
from .items import Item, mean_prior, prepared
from .settings import TrainSettings
from .sizes import Cases, Sized, sized


class Data(NamedTuple):
    """The images of a training.

    training: images that the network learns from, with truth where [TR4] may use it; volumes are whole. watched:
    labelled images that it segments after each epoch, a patch of each volume; of test cases, if any of them has
    labels, else of training cases. means: μ_data (K, M).
    record: description of the data for the run folder.
    """

    training: list[Item]
    watched: list[Item]
    means: np.ndarray | None
    record: dict[str, Any]


def read(path: Path, settings: TrainSettings, skip_bad: bool = False) -> Data:
    """Read a data set; see `datasets.find`. Raises ValueError that lists all that is wrong with its cases."""
    (cases, size, spacing), skipped = _sized(path, settings, skip_bad)
    training, test = _split(cases, settings)
    rng = np.random.default_rng(settings.seed)
    known = [case for case in training if case[0].labels is not None]
    prior = settings.prior
    labelled = _some(known, round(prior.labelled_fraction * len(known)), rng) if prior.supervision else []
    layout, channels = cases[0][0].case.layout, list(cases[0][0].case.channels)
    means, shown = _means(labelled if prior.supervision else known, settings, len(channels), rng)
    used = set(_names(labelled))
    tried = [case for case in test if case[0].labels is not None] or known
    record = {
        "channels": channels,
        "codes": dict(layout.codes) or None,  # of tissues 1, 2, … in the label files
        "size": size,
        "spacing": spacing,
        "means": means,
        "cases": {
            "training": _names(training),
            "test": _names(test),
            "labelled": _names(labelled),
            "means": _names(shown),
            "skipped": skipped,
        },
        "digest": _digest(training, used),
    }
    return Data(
        training=[
            prepared(item, settings.data.standardize, item.case.name in used) for case in training for item in case
        ],
        watched=_watched(tried, settings, size),
        means=means,
        record=record,
    )


def _sized(path: Path, settings: TrainSettings, skip_bad: bool) -> tuple[Sized, dict[str, str]]:
    """The cases in the sizes that training takes, and those left out."""
    n_classes = settings.n_components if settings.named else None
    crop = None if settings.data.crop is None else (settings.data.crop, settings.data.crop)
    loaded, skipped = datasets.load_all(datasets.find(path), skip_bad, crop, n_classes, settings.data.dimension)
    cases = [
        kept for case in loaded if (kept := [item for item in case if item.mask.sum() >= settings.n_components])
    ]
    if (few := sum(map(len, loaded)) - sum(map(len, cases))) > 0:
        what = "slices" if settings.data.dimension == 2 else "volumes"
        warnings.warn(f"{few} {what} have fewer pixels in the mask than classes: left out", stacklevel=3)
    if not cases:
        raise ValueError("no image has as many pixels in its mask as there are classes")
    return sized(cases, settings), skipped


def _watched(cases: Cases, settings: TrainSettings, size: tuple[int, ...]) -> list[Item]:
    """The images to watch; of a volume a patch, so that watching takes less time than training."""
    items = (prepared(item, settings.data.standardize) for case in cases for item in case)
    seen = [patches.middle(item, size) for item in items]
    return [item for item in seen if item.mask.sum() >= settings.n_components]


def _split(cases: Cases, settings: TrainSettings) -> tuple[Cases, Cases]:
    """The cases for training and those for testing."""
    patients = {case[0].case.patient for case in cases}
    if settings.data.test is not None and (strangers := set(settings.data.test) - patients):
        raise ValueError(f"no case is of the test patients {', '.join(sorted(strangers))}")
    held = set(cases[0][0].case.layout.test_patients if settings.data.test is None else settings.data.test)
    training = [case for case in cases if case[0].case.patient not in held]
    if not training:
        raise ValueError("all cases are for testing; none is left to train on")
    return training, [case for case in cases if case[0].case.patient in held]


def _means(
    known: Cases, settings: TrainSettings, n_channels: int, rng: np.random.Generator
) -> tuple[np.ndarray | None, Cases]:
    """μ_data (K, M), and the cases that it was estimated from."""
    given = settings.prior.means_init
    if given is None:
        return None, []
    if given != "auto":
        return _read_means(Path(given), settings.n_components, n_channels), []
    if not known:
        raise ValueError("no training case has labels to estimate the class means from; give them in a file")
    chosen = _some(known, settings.prior.prior_cases, rng)
    items = [prepared(item, settings.data.standardize) for case in chosen for item in case]
    return mean_prior(items, settings.n_components), chosen


def _read_means(path: Path, n_components: int, n_channels: int) -> np.ndarray:
    means = read_means(path)
    if means.shape != (n_components, n_channels):
        raise ValueError(
            f"{path} holds {means.shape[0]} rows of {means.shape[1]} means; "
            f"{n_components} classes of {n_channels} channels need {n_components} rows of {n_channels}"
        )
    return means


def _some(cases: Cases, number: int, rng: np.random.Generator) -> Cases:
    """A number of cases drawn at random, or all if there are fewer, in their order."""
    chosen = rng.permutation(len(cases))[:number]
    return [cases[place] for place in sorted(chosen)]


def _names(cases: Cases) -> list[str]:
    return [case[0].case.name for case in cases]


def _digest(cases: Cases, labelled: set[str]) -> str:
    """A digest of all that the network learns from: a run can only be resumed with the same data."""
    digest = hashlib.sha256()
    for item in (item for case in cases for item in case):
        digest.update(np.ascontiguousarray(np.where(item.mask, item.image, 0)).tobytes())
        digest.update(np.ascontiguousarray(item.mask).tobytes())
        if item.case.name in labelled and item.labels is not None:
            digest.update(np.ascontiguousarray(item.labels, np.int64).tobytes())
    return digest.hexdigest()
