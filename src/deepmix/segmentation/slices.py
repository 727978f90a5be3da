"""One slice, or many of one size, by a network each: what it sees, its fit, what it found."""

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import NamedTuple

import numpy as np

from deepmix.progress import OnProgress, Place
from deepmix.reference.deep_mixtures.records import LABEL_RULES, DeepFit, DeepModel, Optimization
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Tree

from .guide import Guide
from .order import matching_order, order_of
from .preparation import Job
from .results import Part, part_of
from .windows import Window


class View(NamedTuple):
    """A slice as its network sees it: the window of its image (M, h, w), its weights (h, w), the first θ."""

    z: int
    image: np.ndarray
    weights: np.ndarray
    start: Tree


class Descent(NamedTuple):
    """What the networks of all slices descend on, and how. mixture: that the free energy begins with."""

    model: DeepModel
    optimization: Optimization
    mixture: Mixture | None
    measure: str
    n_slices: int


def view(z: int, job: Job, twin: ModuleType, box: Window, parameters: Tree, guide: Guide | None) -> View:
    """A slice as its network sees it, which has learned the guide's responsibilities if it shall [DG6]."""
    image, weights = box.take(job.volume[..., z]), box.take_mask(job.mask[..., z])
    n_steps = job.settings.guidance.warm_start
    if n_steps and guide is not None:
        parameters = twin.deep_mixtures.one_image.warm_start(
            image,
            parameters,
            box.take(guide.responsibilities[..., z]),
            weights,
            n_steps=n_steps,
            config=job.settings.deep_model().unet,
            optimization=job.settings.descent(),
        )
    return View(z=z, image=image, weights=weights, start=parameters)


def one_by_one(
    slices: Iterable[View], descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> Iterator[tuple[View, DeepFit]]:
    """A fit after the other: a CPU is filled by one."""
    for done, each in enumerate(slices):
        yield (
            each,
            twin.deep_mixtures.one_image.fit(
                each.image,
                each.start,
                each.weights,
                model=descent.model,
                optimization=descent.optimization,
                mixture=descent.mixture,
                progress=None if progress is None else _of_slice(progress, done, descent),
            ),
        )


def side_by_side(
    slices: Iterable[View], descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> Iterator[tuple[View, DeepFit]]:
    """All fits in one program: what fills an accelerator."""
    those = list(slices)
    if not those:
        return
    fits = twin.deep_mixtures.one_image.fit_batch(
        np.stack([each.image for each in those]),
        [each.start for each in those],
        np.stack([each.weights for each in those]),
        model=descent.model,
        optimization=descent.optimization,
        mixtures=None if descent.mixture is None else [descent.mixture] * len(those),
        progress=None if progress is None else _of_batch(progress, descent),
    )
    yield from zip(those, fits, strict=True)


def found_in(
    each: View, fit: DeepFit, job: Job, box: Window, guide: Guide | None
) -> tuple[tuple[int, np.ndarray], Part]:
    """The slice with the class probabilities (K, pixels) that choose its labels, and what is told of its fit."""
    settings, mask = job.settings, job.mask[..., each.z]
    inside = mask[box.box]
    energy = settings.model.objective == "free_energy"
    probabilities = box.give(np.asarray(LABEL_RULES[settings.model.label_rule](fit)))[:, inside]
    if energy:  # the loop may keep the π of the guide: the report has what was found
        mean = box.give(np.asarray(fit.proportions))[:, inside].mean(axis=1)
        fit = fit._replace(mixture=fit.mixture._replace(proportions=mean))
    if job.flat and settings.mixture.means_init is None:
        order = order_of(fit.mixture.means, job)
    elif settings.model.mean_prior or energy:  # class k is tissue k [R1], or that of the guide
        order = np.arange(settings.n_components)
    else:
        assert guide is not None
        order = matching_order(probabilities, guide.responsibilities[..., each.z][:, mask])
    return (each.z, probabilities[order]), part_of(None if job.flat else each.z, fit, order, job)


def _of_slice(progress: OnProgress, done: int, descent: Descent) -> Callable[[int, float], None]:
    n_steps = descent.optimization.max_steps

    def tell(t: int, value: float) -> None:
        values = {descent.measure: value}
        progress(Place(part=done, n_parts=descent.n_slices, step=t + 1, n_steps=n_steps, values=values))

    return tell


def _of_batch(progress: OnProgress, descent: Descent) -> Callable[[int], None]:
    n_steps = descent.optimization.max_steps
    return lambda done: progress(Place(part=done, n_parts=descent.n_slices, step=0, n_steps=n_steps, values={}))
