"""The main job: image in, labels out. Knows methods, backends and settings; no files, no printing."""

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference import initialization
from deepmix.reference.checks import check_pixels
from deepmix.reference.metrics import match_classes
from deepmix.reference.types import Fit, Mixture, Status

from . import preparation, selection
from .backends import backend
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
    job = _job(image, mask, settings)
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
    return Segmentation(labels, probabilities, parts, outcome.guide, job.scale, settings, seconds, selected)


class _Job(NamedTuple):
    """A volume (M, H, W, D), standardised; its mask (H, W, D); the slices to do; is it a flat image?"""

    volume: np.ndarray
    mask: np.ndarray
    slices: range
    flat: bool
    scale: preparation.Scale
    settings: Settings

    def chosen(self) -> np.ndarray:
        """The mask within the slices to do."""
        result = np.zeros_like(self.mask)
        result[..., self.slices] = self.mask[..., self.slices]
        return result


class _Outcome(NamedTuple):
    """Fits, and the probabilities (K, N) of the pixels of each slice (None: of all chosen ones)."""

    parts: list[Part]
    maps: list[tuple[int | None, np.ndarray]]
    guide: Part | None = None


def _job(image: np.ndarray, mask: np.ndarray | None, settings: Settings) -> _Job:
    volume = np.asarray(image)
    if not np.issubdtype(volume.dtype, np.floating):
        volume = volume.astype(float)
    if volume.ndim == 2:
        volume = volume[None]
    if volume.ndim not in (3, 4):
        raise ValueError(f"image must be (H, W), (M, H, W) or (M, H, W, D), got the shape {volume.shape}")
    mask = np.ones(volume.shape[1:], bool) if mask is None else np.asarray(mask) != 0
    if mask.shape != volume.shape[1:]:
        raise ValueError(f"mask of shape {mask.shape} does not match image of shape {np.shape(image)}")
    flat = volume.ndim == 3
    if flat:
        volume, mask = volume[..., None], mask[..., None]
    if flat and settings.slices is not None:
        raise ValueError("slices are of volumes; this image has none")
    slices = range(mask.shape[2])[slice(*settings.slices or (None, None))]
    if not mask[..., slices].any():
        of = f" in the slices {slices.start}:{slices.stop}" if settings.slices else ""
        raise ValueError(f"the mask is empty{of}: no pixel counts")
    pixels, _ = check_pixels(volume.reshape(len(volume), -1), mask.ravel(), settings.n_components)
    volume = pixels.reshape(volume.shape)
    scale = preparation.scale(volume, mask, settings.standardize)
    return _Job(scale.apply(volume).astype(settings.floating), mask, slices, flat, scale, settings)


def _select(job: _Job, twin: ModuleType, candidates: range) -> selection.Selection:
    """The number of classes whose GMM has the least BIC on the chosen pixels."""
    if job.settings.means_init is not None:
        raise ValueError("means_init says how many classes there are; give n_components as that number")
    pixels, kind = job.volume[:, job.chosen()], job.settings.covariance_type
    n_channels, n_pixels = pixels.shape
    tol = min(job.settings.tol, 1 / n_pixels)  # what EM leaves undone is then less than 2 in a BIC
    curve = {}
    for k in candidates:
        settings = replace(job.settings, n_components=k, method="gmm", tol=tol)
        fit = _fit_gmm(pixels, job._replace(settings=settings), twin)
        curve[k] = selection.bic(float(fit.nll), n_pixels, selection.n_parameters(k, n_channels, kind))
    return selection.least(curve)


def _fit_pixels(job: _Job, twin: ModuleType) -> _Outcome:
    """GMM and SVGMM: all chosen pixels at once."""
    pixels = job.volume[:, job.chosen()]
    fit = _fit_gmm(pixels, job, twin)
    probabilities = fit.responsibilities
    if job.settings.method == "svgmm":
        fit = _fit_svgmm(pixels, fit.mixture, job, twin)
        probabilities = fit.mixture.proportions
    order = _order(fit.mixture.means, job)
    return _Outcome([_part(None, fit, order, job)], [(None, np.asarray(probabilities)[order])])


def _fit_gmm(pixels: np.ndarray, job: _Job, twin: ModuleType) -> Fit:
    """Algorithm 1, up to the start where that is all that SVGMM wants of it."""
    settings, kind = job.settings, job.settings.covariance_type
    if settings.means_init is not None:
        start = initialization.from_means(pixels, _given_means(job), covariance_type=kind)
    elif settings.initialization == "random":
        start = initialization.random_responsibilities(
            pixels, settings.n_components, seed=settings.seed, covariance_type=kind
        )
    else:
        start = initialization.kmeans(pixels, settings.n_components, seed=settings.seed, covariance_type=kind)
    only_start = settings.method == "svgmm" and settings.svgmm_start == "initial"
    max_iter = 0 if only_start else settings.max_iter
    return twin.gmm.fit(pixels, start, covariance_type=kind, tol=settings.tol, max_iter=max_iter)


def _fit_svgmm(pixels: np.ndarray, mixture: Mixture, job: _Job, twin: ModuleType) -> Fit:
    settings, kind = job.settings, job.settings.covariance_type
    start = twin.svgmm.begin(pixels, mixture, kind)
    return twin.svgmm.fit(pixels, start, covariance_type=kind, tol=settings.tol, max_iter=settings.max_iter)


def _fit_slices(job: _Job, twin: ModuleType, progress: Progress | None) -> _Outcome:
    """deepG and deepSVG: slice by slice, the classes matched to those of one GMM over the whole volume."""
    settings = job.settings
    model, parameters = settings.model(_regularizers(job, twin)), _parameters(job)
    needs_guide = not job.flat or settings.means_init is not None or settings.warm_start
    guide_part, guide = _guide(job, twin) if needs_guide else (None, None)
    box = preparation.window(job.mask.max(axis=2), settings.margin, 2**settings.depth)
    todo = [z for z in job.slices if job.mask[..., z].any()]
    outcome = _Outcome([], [], guide_part)
    for done, z in enumerate(todo):
        mask = job.mask[..., z]
        if mask.sum() < settings.n_components:
            assert guide is not None  # a flat image with so few pixels was refused
            trouble = f"slice {z} has {mask.sum()} pixels, fewer than classes: labelled by the volume's GMM"
            warnings.warn(trouble, stacklevel=2)
            outcome.maps.append((z, guide[..., z][:, mask]))
            continue
        image, weights = box.take(job.volume[..., z]), box.take_mask(mask)
        start = parameters
        if settings.warm_start and guide is not None:
            start = twin.deep.warm_start(
                image,
                parameters,
                box.take(guide[..., z]),
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
            progress=None if progress is None else partial(progress, done, len(todo)),
        )
        chosen = fit.posterior if settings.label_rule == "posterior" else fit.proportions
        probabilities = box.give(np.asarray(chosen))[:, mask[box.box]]
        if settings.mean_prior:
            order = np.arange(settings.n_components)  # [R1]: class k is tissue k
        elif job.flat and settings.means_init is None:
            order = _order(fit.mixture.means, job)
        else:
            assert guide is not None
            order = _matching_order(probabilities, guide[..., z][:, mask])
        outcome.maps.append((z, probabilities[order]))
        outcome.parts.append(_part(None if job.flat else z, fit, order, job))
    return outcome


def _guide(job: _Job, twin: ModuleType) -> tuple[Part, np.ndarray]:
    """One GMM over the whole volume: its part and its posteriors (K, H, W, D), classes in their final order."""
    fit = _fit_gmm(job.volume[:, job.mask], job, twin)
    order = _order(fit.mixture.means, job)
    posteriors = np.zeros((job.settings.n_components, *job.mask.shape), job.volume.dtype)
    posteriors[:, job.mask] = np.asarray(fit.responsibilities)[order]
    return _part(None, fit, order, job), posteriors


def _regularizers(job: _Job, twin: ModuleType) -> tuple:
    settings, chosen = job.settings, []
    if settings.total_variation:
        chosen.append((twin.regularizers.total_variation, settings.total_variation))
    if settings.mean_prior:
        chosen.append((partial(twin.regularizers.mean_prior, means=_given_means(job)), settings.mean_prior))
    return tuple(chosen)


def _parameters(job: _Job) -> dict:
    settings = job.settings
    return initialization.unet_parameters(
        len(job.volume), settings.n_components, settings.model().unet, seed=settings.seed
    )


def _given_means(job: _Job) -> np.ndarray:
    """μ_data, standardised as the image is."""
    means = np.asarray(job.settings.means_init, dtype=float)
    expected = (job.settings.n_components, len(job.volume))
    if means.shape != expected:
        raise ValueError(f"means_init must have the shape (classes, channels) = {expected}, got {means.shape}")
    return job.scale.apply(means.T).T


def _order(means: np.ndarray, job: _Job) -> np.ndarray:
    """Classes by ascending mean of the first channel, or as the given means have them."""
    if job.settings.means_init is not None:
        return np.arange(job.settings.n_components)
    return np.argsort(np.asarray(means)[:, 0], kind="stable")


def _matching_order(probabilities: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """For every class of the guide, the class of this fit that overlaps it best [EV2]."""
    n_components = len(guide)
    matched = match_classes(probabilities.argmax(axis=0) + 1, guide.argmax(axis=0) + 1, n_components, n_components)
    return np.argsort(matched)


def _part(index: int | None, fit: Any, order: np.ndarray, job: _Job) -> Part:
    """A fit with its classes in order and its moments in the unit of the image."""
    proportions = np.asarray(fit.mixture.proportions)
    deviation, kind = job.scale.deviation, job.settings.covariance_type
    covariances = np.asarray(fit.mixture.covariances)
    if kind in ("diag", "spherical"):
        covariances = covariances.reshape(len(order), -1) * deviation**2
    else:
        covariances = covariances * np.outer(deviation, deviation)
    return Part(
        index,
        np.asarray(fit.history),
        fit.status,
        (proportions if proportions.ndim == 1 else proportions.mean(axis=1))[order],
        np.asarray(fit.mixture.means)[order] * deviation + job.scale.mean,
        covariances if kind == "tied" else covariances[order],
        np.asarray(fit.degenerate)[order],
    )


def _warn_of_trouble(parts: tuple[Part, ...]) -> None:
    for part in parts:
        of = "" if part.slice is None else f"slice {part.slice}: "
        for k in np.flatnonzero(part.degenerate):
            warnings.warn(f"{of}class {k + 1} collapsed: no pixel belongs to it", stacklevel=4)
        if part.status == Status.non_finite:
            warnings.warn(f"{of}{part.status.message}", stacklevel=4)
