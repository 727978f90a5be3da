"""The items of a case through a trained network: a slice in one forward pass, a volume window by window [TR3]."""

import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.backends import over_weighted_pixels
from deepmix.datasets import LoadedCase
from deepmix.reference.deep_mixtures import tiling
from deepmix.reference.deep_mixtures.records import LABEL_RULES, Evaluation, Prediction
from deepmix.reference.deep_mixtures.tiling import Seen

from .items import Item, prepared
from .runs import Run

Passed = Callable[[int, int], None]  # takes how many slices or windows of a case are done, and how many it has


class Slice(NamedTuple):
    """What the network found in a slice, or in a volume; its standardised channels are the unit.

    slice: its number in the volume, None for an image and for a whole volume. nll: that of its mixture.
    degenerate: (K,) bool. proportions: (K,). means: (K, M). covariances: by their type.
    """

    slice: int | None
    nll: float
    degenerate: np.ndarray
    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


def through_network(
    loaded: list[LoadedCase], run: Run, backend: ModuleType, passed: Passed
) -> tuple[list[LoadedCase], list[np.ndarray], list[Slice]]:
    """The items with at least as many pixels as classes; their class probabilities (K, *spatial); their `Slice`s.

    Raises ValueError if there is no such item.
    """
    kept, maps, slices = [], [], []
    through, rule = _BY_DIMENSION[run.settings.data.dimension], LABEL_RULES[run.model.label_rule]
    for done, item in enumerate(loaded, start=1):
        if item.mask.sum() < run.settings.n_components:
            trouble = f"{item.name} has {item.mask.sum()} pixels in the mask, fewer than classes: left out"
            warnings.warn(trouble, stacklevel=3)
            continue
        found = through(prepared(item, run.settings.data.standardize), run, backend, passed)
        kept.append(item)
        maps.append(np.where(item.mask, rule(found), 0).astype(np.float32))
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
        passed(done, len(loaded))
    if not kept:
        raise ValueError(f"{loaded[0].case.name} has nowhere as many pixels in its mask as there are classes")
    return kept, maps, slices


def _slice(item: Item, run: Run, backend: ModuleType, passed: Passed) -> Prediction:
    predict = backend.deep_mixtures.many_images.predict
    return predict(run.parameters, item.image.astype(run.settings.dtype), item.mask, model=run.model)


def _volume(item: Item, run: Run, backend: ModuleType, passed: Passed) -> Evaluation:
    """The average of the maps of all windows, and one mixture of the whole volume.

    The maps are averaged, not the logits: so each window has the say of its weight, however sure it is of itself.
    The mixture is that of the averaged maps by [G2]: a window has few pixels of some classes, and none of others.
    """
    model, boxes = run.model, tiling.boxes(item.mask, tuple(run.record["size"]))
    predict, image = backend.deep_mixtures.many_images.predict, item.image.astype(run.settings.dtype)

    def seen() -> Iterator[Seen]:
        for done, box in enumerate(boxes, start=1):
            with warnings.catch_warnings(action="ignore"):  # a window may be constant: what counts is the volume
                found = predict(run.parameters, image[:, *box], model=model)
            yield Seen(box=box, maps=np.asarray(found.proportions))
            passed(done, len(boxes))

    proportions = tiling.average(seen(), run.settings.n_components, item.mask.shape, np.float32)
    columns = np.concatenate([each[:, item.mask] for each in (image, proportions)]).astype(float)
    n_channels, n_pixels = len(image), columns.shape[1]
    kind = {"covariance_type": model.covariance_type, "objective": model.objective}
    found = _program(backend)(columns, weights=np.ones(n_pixels), n_channels=n_channels, **kind)
    responsibilities = np.zeros_like(proportions)
    responsibilities[:, item.mask] = found.responsibilities[:, :n_pixels]
    return found._replace(proportions=proportions, responsibilities=responsibilities)


@cache
def _program(backend: ModuleType) -> Callable[..., Evaluation]:
    """`_of_columns` of a backend, compiled once for volumes of similar size."""
    static = "n_channels", "covariance_type", "objective"
    return over_weighted_pixels(backend, partial(_of_columns, backend), *static)


def _of_columns(
    backend: ModuleType,
    columns: np.ndarray,
    weights: np.ndarray,
    n_channels: int,
    covariance_type: str,
    objective: str,
) -> Evaluation:
    """What a network's objective says of its maps: μ and Σ by [G2], and the NLL.

    columns: (M + K, N), the channels of the pixels and their proportions. weights: (N,).
    """
    gaussian, gmm, svgmm = (getattr(backend.mixtures, name) for name in ("gaussian", "gmm", "svgmm"))
    pixels, proportions = columns[:n_channels], columns[n_channels:]
    floor = gaussian.variance_floor(pixels, weights)
    before = gaussian.global_mixture(pixels, weights, floor, len(proportions), covariance_type)
    given = pixels, proportions, weights, floor, before, covariance_type
    (of_pixels, found), (of_image, _) = svgmm.m_step(*given), gmm.m_step(*given)
    responsibilities, _ = svgmm.e_step(pixels, of_pixels, covariance_type)
    nll, mixture = {"nll_v": (svgmm.nll, of_pixels), "nll": (gmm.nll, of_image)}[objective]
    return Evaluation(
        value=nll(pixels, mixture, weights, covariance_type),
        degenerate=found.degenerate,
        mixture=of_image,
        proportions=proportions,
        responsibilities=responsibilities,
    )


_BY_DIMENSION: dict[int, Callable[[Item, Run, ModuleType, Passed], Any]] = {2: _slice, 3: _volume}
