"""A slice, many of one size, or a whole volume: what the network of each sees, its fit, what it found."""

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import NamedTuple

import numpy as np

from deepmix.progress import OnProgress, Place
from deepmix.reference.deep_mixtures.records import LABEL_RULES, DeepFit, DeepModel, Optimization
from deepmix.reference.mixtures.records import AnyMixture
from deepmix.reference.types import Tree

from .guide import Guide
from .order import matching_order, order_of
from .preparation import Job
from .results import Part, part_of
from .windows import Window

# A slice that starts from the network beside first learns the guide's responsibilities: AGAIN steps for each step
# of the descent, at AGAIN times the learning rate. Else the descent would not find a class that the slice beside
# lacks. Chosen on balls, whose slices change fast: results are as if each slice started anew, as on the brain.
AGAIN = 2


class View(NamedTuple):
    """A slice, or a volume, as its network sees it: the window of its image (M, *spatial), its weights (*spatial).

    z: number of the slice; None: the whole volume. target: the guide's responsibilities (K, *spatial), which the
    network may learn before the loop [DG6]; None without a guide.
    """

    z: int | None
    image: np.ndarray
    weights: np.ndarray
    target: np.ndarray | None


class Descent(NamedTuple):
    """What the networks of all slices minimise, and how.

    parameters: θ_0 of the networks. mixture: the first one, None for that of Algorithm 3. n_warm: steps before the
    loop. n_follow: steps of a slice that starts from the network of the slice beside. measure: name of the value.
    n_slices: how many slices there are.
    """

    model: DeepModel
    optimization: Optimization
    parameters: Tree
    mixture: AnyMixture | None
    n_warm: int
    n_follow: int
    measure: str
    n_slices: int


def view(z: int | None, job: Job, box: Window, guide: Guide | None) -> View:
    """A slice, or all of them, as its network sees it."""
    target = None if guide is None else box.take(_at(z, guide.responsibilities))
    image, weights = box.take(_at(z, job.volume)), box.take_mask(_mask(z, job))
    return View(z=z, image=image, weights=weights, target=target)


def _at(z: int | None, volume: np.ndarray) -> np.ndarray:
    return volume if z is None else volume[..., z]


def _mask(z: int | None, job: Job) -> np.ndarray:
    """The pixels of a slice that count, or those of all slices to do."""
    return job.chosen() if z is None else job.mask[..., z]


def one_by_one(
    slices: Iterable[View], descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> Iterator[tuple[View, DeepFit]]:
    """One fit after the other: a single fit keeps a CPU busy."""
    for done, each in enumerate(slices):
        yield each, _fit(each, _begun(each, descent, twin), done, descent, twin, progress)


def in_turn(
    slices: Iterable[View], descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> Iterator[tuple[View, DeepFit]]:
    """From the fullest slice outwards; each starts from the network, and the mixture, of the slice beside it."""
    order = outwards(list(slices))
    n_steps, usual = descent.n_follow, descent.optimization
    following = descent._replace(
        optimization=usual._replace(min_steps=n_steps, max_steps=n_steps),
        n_warm=min(AGAIN * n_steps, descent.n_warm),
    )
    fast = usual._replace(learning_rate=AGAIN * usual.learning_rate)
    ended: dict[int, DeepFit] = {}  # the first fit, and the last
    for done, each in enumerate(order):
        number = each.z or 0
        if ended:
            _, nearest = min((abs(z - number), z) for z in ended)
            beside = ended[nearest]
            if descent.mixture is not None:
                following = following._replace(mixture=beside.mixture)
            start = _warm(each, beside.parameters, following, fast, twin)
            fit = _fit(each, start, done, following, twin, progress)
        else:
            fit = _fit(each, _begun(each, descent, twin), done, descent, twin, progress)
        ended = {z: ended[z] for z in ended if z == order[0].z} | {number: fit}
        yield each, fit


def outwards(slices: list[View]) -> list[View]:
    """The slices from the fullest one to the last, then from it to the first; see `_fullness`."""
    first = max(range(len(slices)), key=lambda i: _fullness(slices[i]), default=0)
    return slices[first:] + slices[:first][::-1]


def _fullness(of: View) -> tuple[float, ...]:
    """What orders slices: the number of classes by the guide, the pixels of the smallest one, all pixels.

    Without a guide, all pixels alone.
    """
    if of.target is None:
        return (of.weights.sum(),)
    sizes = (of.weights * of.target).sum(axis=(1, 2))
    there = sizes[sizes >= 1]
    return len(there), there.min(initial=np.inf), of.weights.sum()


def side_by_side(
    slices: Iterable[View], descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> Iterator[tuple[View, DeepFit]]:
    """All fits in one program, to keep an accelerator busy."""
    those = list(slices)
    if not those:
        return
    fits = twin.deep_mixtures.one_image.fit_batch(
        np.stack([each.image for each in those]),
        [_begun(each, descent, twin) for each in those],
        np.stack([each.weights for each in those]),
        model=descent.model,
        optimization=descent.optimization,
        mixtures=None if descent.mixture is None else [descent.mixture] * len(those),
        progress=None if progress is None else _of_batch(progress, descent),
    )
    yield from zip(those, fits, strict=True)


def _begun(each: View, descent: Descent, twin: ModuleType) -> Tree:
    """The network that the loop starts from if no other slice has been fitted."""
    return _warm(each, descent.parameters, descent, descent.optimization, twin)


def _warm(each: View, start: Tree, descent: Descent, optimization: Optimization, twin: ModuleType) -> Tree:
    """A network after its steps on the guide's responsibilities, if there are any [DG6]."""
    if not descent.n_warm or each.target is None:
        return start
    return twin.deep_mixtures.one_image.warm_start(
        each.image,
        start,
        each.target,
        each.weights,
        n_steps=descent.n_warm,
        config=descent.model.unet,
        optimization=optimization,
    )


def _fit(
    each: View, start: Tree, done: int, descent: Descent, twin: ModuleType, progress: OnProgress | None
) -> DeepFit:
    return twin.deep_mixtures.one_image.fit(
        each.image,
        start,
        each.weights,
        model=descent.model,
        optimization=descent.optimization,
        mixture=descent.mixture,
        progress=None if progress is None else _of_slice(progress, done, descent),
    )


def found_in(
    each: View, fit: DeepFit, job: Job, box: Window, guide: Guide | None
) -> tuple[tuple[int | None, list[np.ndarray]], Part]:
    """The slice's number with its class probabilities (K, pixels), whose largest are the labels; and its fit."""
    settings, mask = job.settings, _mask(each.z, job)
    inside = mask[box.box]
    energy = settings.model.objective == "free_energy"
    probabilities = box.give(np.asarray(LABEL_RULES[settings.model.label_rule](fit)))[:, inside]
    if energy:  # the loop may keep the π of the guide: the report has what was found
        mean = box.give(np.asarray(fit.proportions))[:, inside].mean(axis=1)
        fit = fit._replace(mixture=fit.mixture._replace(proportions=mean))
    if job.alone and settings.mixture.means_init is None:
        order = order_of(fit.mixture, job)
    elif settings.model.mean_prior or energy:  # class k is tissue k [R1], or that of the guide
        order = np.arange(settings.n_components)
    else:
        assert guide is not None
        order = matching_order(probabilities, _at(each.z, guide.responsibilities)[:, mask])
    return (each.z, list(probabilities[order])), part_of(None if job.flat else each.z, fit, order, job)


def _of_slice(progress: OnProgress, done: int, descent: Descent) -> Callable[[int, float], None]:
    n_steps = descent.optimization.max_steps

    def tell(t: int, value: float) -> None:
        values = {descent.measure: value}
        progress(Place(part=done, n_parts=descent.n_slices, step=t + 1, n_steps=n_steps, values=values))

    return tell


def _of_batch(progress: OnProgress, descent: Descent) -> Callable[[int], None]:
    n_steps = descent.optimization.max_steps
    return lambda done: progress(Place(part=done, n_parts=descent.n_slices, step=0, n_steps=n_steps, values={}))
