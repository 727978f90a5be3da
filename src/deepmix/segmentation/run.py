"""The main job: image in, labels out. Knows methods, backends and settings; no files, no printing."""

import time
import warnings
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.backends import backend
from deepmix.reference.types import Status

from . import presets, selection
from .deep import fit_slices
from .field import fit_field
from .job import Job, Outcome, Progress, order_of, part_of, prepare
from .mixtures import fit_fuzzy, fit_gmm, fit_svgmm
from .results import Part, Segmentation
from .settings import Settings


def segment(
    image: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    n_components: int | str,
    method: str = "deepsvg",
    preset: str = presets.DEFAULT,
    backend: str = "accelerated",
    seed: int = 0,
    progress: Progress | None = None,
    **settings: Any,
) -> Segmentation:
    """Segment an image into classes 1 … K, without training data.

    image: (H, W), (M, H, W) or, for volumes, (M, H, W, D); any unit. mask: bool, the spatial shape;
    the pixels that count, all if not given. n_components: K, or "auto" for the K from 1 to 8, "auto:A:B" for
    that from A to B, whose GMM has the least BIC. preset: "robust", or "paper" for the published settings.
    progress: called while a deep method runs. settings: other fields of `Settings`, instead of the preset's.
    Classes come by ascending mean of the first channel; given means fix their order instead. In a
    volume, deep methods work slice by slice and a label means the same class in every slice.
    Raises ValueError for input that cannot be segmented, ImportError if the backend is not installed.
    """
    candidates = selection.candidates(n_components)
    about = {"n_components": candidates[-1], "method": method, "backend": backend, "seed": seed}
    chosen = presets.settings(preset, **about, **settings)
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
        outcome = fit_slices(job, twin, progress) if settings.deep else _fit_pixels(job, twin)
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


def _select(job: Job, twin: ModuleType, candidates: range) -> selection.Selection:
    """The number of classes whose GMM has the least BIC on the chosen pixels."""
    if job.settings.means_init is not None:
        raise ValueError("means_init says how many classes there are; give n_components as that number")
    mask, kind = job.chosen(), job.settings.covariance_type
    n_channels, n_pixels = len(job.volume), int(mask.sum())
    tol = min(job.settings.tol, 0.01 / n_pixels)  # EM ends where a step moves a BIC by less than 0.02
    curve = {}
    for k in candidates:
        settings = replace(job.settings, n_components=k, method="gmm", tol=tol)
        fit = fit_gmm(mask, job._replace(settings=settings), twin)
        curve[k] = selection.bic(float(fit.value), n_pixels, selection.n_parameters(k, n_channels, kind))
    return selection.least(curve)


def _fit_pixels(job: Job, twin: ModuleType) -> Outcome:
    """GMM, SVGMM, the Markov field and fuzzy C-means: all chosen pixels at once."""
    mask, strength = job.chosen(), None
    fit: Any
    if job.settings.method == "hmrf":
        fit, probabilities, _, strength = fit_field(mask, job, twin)
    else:
        fit = {"gmm": fit_gmm, "svgmm": fit_svgmm, "fcm": fit_fuzzy}[job.settings.method](mask, job, twin)
        probabilities = fit.mixture.proportions if job.settings.method == "svgmm" else fit.responsibilities
    order = order_of(fit.mixture.means, job)
    maps: list[tuple[int | None, np.ndarray]] = [(None, np.asarray(probabilities)[order])]
    return Outcome([part_of(None, fit, order, job)], maps, field=strength)


def _warn_of_trouble(parts: tuple[Part, ...]) -> None:
    for part in parts:
        of = "" if part.slice is None else f"slice {part.slice}: "
        for k in np.flatnonzero(part.degenerate):
            warnings.warn(f"{of}class {k + 1} collapsed: no pixel belongs to it", stacklevel=4)
        if part.status == Status.non_finite:
            warnings.warn(f"{of}{part.status.message}", stacklevel=4)
