"""The main job: image in, labels out. Knows methods, backends and settings; no files, no printing."""

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.reference import fcm, initialization
from deepmix.reference.metrics import match_classes
from deepmix.reference.types import FieldFit, Fit, Mixture, Status

from . import preparation, selection
from .backends import backend
from .job import Job, given_means, network, order_of, part_of, prepare, regularizers
from .results import Part, Segmentation
from .settings import Settings

# Called with the slices done, the slices in all, the steps done in this slice, and the NLL.
Progress = Callable[[int, int, int, float], None]


def segment(
    image: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    n_components: int | str,
    method: str = "deepsvg",
    backend: str = "accelerated",
    seed: int = 0,
    progress: Progress | None = None,
    **settings: Any,
) -> Segmentation:
    """Segment an image into classes 1 … K, without training data.

    image: (H, W), (M, H, W) or, for volumes, (M, H, W, D); any unit. mask: bool, the spatial shape;
    the pixels that count, all if not given. n_components: K, or "auto" for the K from 1 to 8, "auto:A:B" for
    that from A to B, whose GMM has the least BIC. progress: called while a deep method runs.
    settings: the other fields of `Settings`.
    Classes come by ascending mean of the first channel; given means fix their order instead. In a
    volume, deep methods work slice by slice and a label means the same class in every slice.
    Raises ValueError for input that cannot be segmented, ImportError if the backend is not installed.
    """
    candidates = selection.candidates(n_components)
    chosen = Settings(n_components=candidates[-1], method=method, backend=backend, seed=seed, **settings)
    return run(image, mask, chosen, progress, candidates)


def run(
    image: np.ndarray,
    mask: np.ndarray | None,
    settings: Settings,
    progress: Progress | None = None,
    candidates: range = range(0),
) -> Segmentation:
    """`segment`, with its settings in one record. candidates: numbers of classes to choose from, if several."""
    began = time.perf_counter()
    job = prepare(image, mask, settings)
    selected = None
    with backend(settings) as twin:
        if len(candidates) > 1:
            selected = _select(job, twin, candidates)
            settings = replace(settings, n_components=selected.n_components)
            job = job._replace(settings=settings)
        outcome = _fit_slices(job, twin, progress) if settings.deep else _fit_pixels(job, twin)
    probabilities = np.zeros((settings.n_components, *job.mask.shape), np.float32)
    done = np.zeros(job.mask.shape, bool)
    for z, of_pixels in outcome.maps:
        where = job.chosen() if z is None else job.mask[..., z]
        (probabilities if z is None else probabilities[..., z])[:, where] = of_pixels
        (done if z is None else done[..., z])[where] = True
    labels = np.where(done, probabilities.argmax(axis=0) + 1, 0).astype(np.uint8)
    if job.flat:
        labels, probabilities = labels[..., 0], probabilities[..., 0]
    parts = tuple(outcome.parts)
    _warn_of_trouble(parts)
    seconds = time.perf_counter() - began
    found = labels, probabilities, parts, outcome.guide, job.scale, settings, seconds
    return Segmentation(*found, selected, outcome.field)


class _Outcome(NamedTuple):
    """Fits, and the probabilities (K, N) of the pixels of each slice (None: of all chosen ones)."""

    parts: list[Part]
    maps: list[tuple[int | None, np.ndarray]]
    guide: Part | None = None
    field: selection.Strength | None = None


def _select(job: Job, twin: ModuleType, candidates: range) -> selection.Selection:
    """The number of classes whose GMM has the least BIC on the chosen pixels."""
    if job.settings.means_init is not None:
        raise ValueError("means_init says how many classes there are; give n_components as that number")
    pixels, kind = job.volume[:, job.chosen()], job.settings.covariance_type
    n_channels, n_pixels = pixels.shape
    tol = min(job.settings.tol, 0.01 / n_pixels)  # EM ends where a step moves a BIC by less than 0.02
    curve = {}
    for k in candidates:
        settings = replace(job.settings, n_components=k, method="gmm", tol=tol)
        fit = _fit_gmm(pixels, job._replace(settings=settings), twin)
        curve[k] = selection.bic(float(fit.nll), n_pixels, selection.n_parameters(k, n_channels, kind))
    return selection.least(curve)


def _fit_pixels(job: Job, twin: ModuleType) -> _Outcome:
    """GMM, SVGMM, the Markov field and fuzzy C-means: all chosen pixels at once."""
    pixels = job.volume[:, job.chosen()]
    if job.settings.method == "fcm":
        fit = _fit_fuzzy(pixels, job, twin)
        order = order_of(fit.mixture.means, job)
        return _Outcome([part_of(None, fit, order, job)], [(None, fit.responsibilities[order])])
    fit = _fit_gmm(pixels, job, twin)
    if job.settings.method == "hmrf":
        field = _fit_field(fit.mixture, job.chosen(), job, twin)
        order = order_of(field.fit.mixture.means, job)
        part = part_of(None, field.fit, order, job)
        return _Outcome([part], [(None, field.posteriors[order])], field=field.strength)
    probabilities = fit.responsibilities
    if job.settings.method == "svgmm":
        fit = _fit_svgmm(pixels, fit.mixture, job, twin)
        probabilities = fit.mixture.proportions
    order = order_of(fit.mixture.means, job)
    return _Outcome([part_of(None, fit, order, job)], [(None, np.asarray(probabilities)[order])])


def _fit_gmm(pixels: np.ndarray, job: Job, twin: ModuleType) -> Fit:
    """Algorithm 1 from the best start, up to the start where that is all that SVGMM wants of it."""
    settings, kind = job.settings, job.settings.covariance_type
    only_start = settings.method == "svgmm" and settings.svgmm_start == "initial"
    options = {"covariance_type": kind, "tol": settings.tol, "max_iter": 0 if only_start else settings.max_iter}
    fits = (twin.gmm.fit(pixels, _start(pixels, job, seed), **options) for seed in _seeds(settings))
    return min(fits, key=lambda fit: _finite(fit.nll))


def _start(pixels: np.ndarray, job: Job, seed: int) -> Mixture:
    k, kind = job.settings.n_components, job.settings.covariance_type
    if job.settings.means_init is not None:
        return initialization.from_means(pixels, given_means(job), covariance_type=kind)
    draw = {"kmeans": initialization.kmeans, "random": initialization.random_responsibilities}
    return draw[job.settings.initialization](pixels, k, seed=seed, covariance_type=kind)


def _seeds(settings: Settings) -> range:
    return range(settings.seed, settings.seed + settings.restarts)


def _finite(value: Any) -> float:
    """For comparisons: a fit that is not finite is the worst."""
    return float(value) if np.isfinite(value) else np.inf


def _fit_fuzzy(pixels: np.ndarray, job: Job, twin: ModuleType) -> Fit:
    """Fuzzy C-means from the best start, as a mixture: its means are the centres, J is per pixel."""
    settings = job.settings
    options = {"fuzzifier": settings.fuzzifier, "tol": settings.tol, "max_iter": settings.max_iter}
    fits = (twin.fcm.fit(pixels, _memberships(pixels, job, seed), **options) for seed in _seeds(settings))
    fit = min(fits, key=lambda fit: _finite(fit.objective))
    memberships, ones = np.asarray(fit.memberships), np.ones(pixels.shape[1])
    mixture = initialization.from_responsibilities(pixels, memberships, ones, settings.covariance_type)
    mixture = mixture._replace(means=np.asarray(fit.centres))
    history = np.asarray(fit.history) / pixels.shape[1]
    return Fit(mixture, memberships, fit.labels, history[-1], history, fit.status, fit.degenerate)


def _memberships(pixels: np.ndarray, job: Job, seed: int) -> np.ndarray:
    """Random ones, or those that the centres of K-means or the given means have [FC2]."""
    if job.settings.initialization == "random" and job.settings.means_init is None:
        return initialization.random_memberships(job.settings.n_components, pixels.shape[1], seed=seed)
    return fcm.memberships(pixels, _start(pixels, job, seed).means, job.settings.fuzzifier)


def _fit_svgmm(pixels: np.ndarray, mixture: Mixture, job: Job, twin: ModuleType) -> Fit:
    settings, kind = job.settings, job.settings.covariance_type
    start = twin.svgmm.begin(pixels, mixture, kind)
    return twin.svgmm.fit(pixels, start, covariance_type=kind, tol=settings.tol, max_iter=settings.max_iter)


class _Field(NamedTuple):
    """A Markov field over some pixels: its fit, γ (K, pixels), and how β was chosen, if it was not given."""

    fit: FieldFit
    posteriors: np.ndarray
    strength: selection.Strength | None


def _fit_field(mixture: Mixture, mask: np.ndarray, job: Job, twin: ModuleType) -> _Field:
    """The Markov field over the mask of an image or, with neighbours in three dimensions, of a volume."""
    settings = job.settings
    (box,) = find_objects(mask.astype(np.uint8))
    image, inside = job.volume[:, *box], mask[box]
    if job.flat:
        image, inside = image[..., 0], inside[..., 0]
    strengths = selection.BETAS if settings.beta == "auto" else (float(settings.beta),)
    fits = {
        beta: twin.hmrf.fit(
            image,
            mixture,
            inside,
            beta=beta,
            diagonals=settings.diagonals,
            covariance_type=settings.covariance_type,
            tol=settings.tol,
            max_iter=settings.max_iter,
        )
        for beta in strengths
    }
    curve = {beta: float(fit.pseudo_nll) for beta, fit in fits.items()}
    best = min(strengths, key=lambda beta: _finite(curve[beta]))
    chosen = selection.Strength(best, curve) if len(strengths) > 1 else None
    return _Field(fits[best], np.asarray(fits[best].posterior)[:, inside], chosen)


def _fit_slices(job: Job, twin: ModuleType, progress: Progress | None) -> _Outcome:
    """deepG and deepSVG: slice by slice, the classes matched to those of one GMM over the whole volume."""
    settings = job.settings
    model, parameters = settings.model(regularizers(job, twin)), network(job)
    energy = settings.objective == "free_energy"
    needs_guide = not job.flat or settings.means_init is not None or settings.warm_start or energy
    guide = _guide(job, twin) if needs_guide else None
    box = preparation.window(job.mask.max(axis=2), settings.margin, 2**settings.depth)
    todo = [z for z in job.slices if job.mask[..., z].any()]
    outcome = _Outcome([], [], guide and guide.part, guide and guide.strength)
    for done, z in enumerate(todo):
        mask = job.mask[..., z]
        if mask.sum() < settings.n_components:
            assert guide is not None  # a flat image with so few pixels was refused
            trouble = f"slice {z} has {mask.sum()} pixels, fewer than classes: labelled by the volume's GMM"
            warnings.warn(trouble, stacklevel=2)
            outcome.maps.append((z, guide.posteriors[..., z][:, mask]))
            continue
        image, weights = box.take(job.volume[..., z]), box.take_mask(mask)
        start = parameters
        if settings.warm_start and guide is not None:
            start = twin.deep.warm_start(
                image,
                parameters,
                box.take(guide.posteriors[..., z]),
                weights,
                n_steps=settings.warm_start,
                config=model.unet,
                optimization=settings.optimization(),
            )
        fit = twin.deep.fit(
            image,
            start,
            weights,
            model=model,
            optimization=settings.optimization(),
            mixture=guide.mixture if energy and guide else None,
            progress=None if progress is None else partial(progress, done, len(todo)),
        )
        chosen = fit.posterior if settings.label_rule == "posterior" else fit.proportions
        probabilities = box.give(np.asarray(chosen))[:, mask[box.box]]
        if settings.mean_prior:
            order = np.arange(settings.n_components)  # [R1]: class k is tissue k
        elif job.flat and settings.means_init is None:
            order = order_of(fit.mixture.means, job)
        else:
            assert guide is not None
            order = _matching_order(probabilities, guide.posteriors[..., z][:, mask])
        outcome.maps.append((z, probabilities[order]))
        outcome.parts.append(part_of(None if job.flat else z, fit, order, job))
    return outcome


class _Guide(NamedTuple):
    """One GMM or Markov field over the whole volume and its posteriors (K, H, W, D); classes in final order."""

    mixture: Mixture
    posteriors: np.ndarray
    part: Part
    strength: selection.Strength | None


def _guide(job: Job, twin: ModuleType) -> _Guide:
    fit: Any = _fit_gmm(job.volume[:, job.mask], job, twin)
    of_pixels, strength = np.asarray(fit.responsibilities), None
    proportions, means, covariances = map(np.asarray, fit.mixture)
    if job.settings.guide == "hmrf":
        fit, of_pixels, strength = _fit_field(fit.mixture, job.mask, job, twin)
        _, means, covariances = map(np.asarray, fit.mixture)
        proportions = np.full_like(proportions, 1 / len(proportions))  # [SV4] knows none
    order = order_of(means, job)
    posteriors = np.zeros((len(order), *job.mask.shape), job.volume.dtype)
    posteriors[:, job.mask] = of_pixels[order]
    tied = job.settings.covariance_type == "tied"
    mixture = Mixture(proportions[order], means[order], covariances if tied else covariances[order])
    return _Guide(mixture, posteriors, part_of(None, fit, order, job), strength)


def _matching_order(probabilities: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """For every class of the guide, the class of this fit that overlaps it best [EV2]."""
    n_components = len(guide)
    matched = match_classes(probabilities.argmax(axis=0) + 1, guide.argmax(axis=0) + 1, n_components, n_components)
    return np.argsort(matched)


def _warn_of_trouble(parts: tuple[Part, ...]) -> None:
    for part in parts:
        of = "" if part.slice is None else f"slice {part.slice}: "
        for k in np.flatnonzero(part.degenerate):
            warnings.warn(f"{of}class {k + 1} collapsed: no pixel belongs to it", stacklevel=4)
        if part.status == Status.non_finite:
            warnings.warn(f"{of}{part.status.message}", stacklevel=4)
