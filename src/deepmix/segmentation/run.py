"""The main job: image in, labels out. Knows methods, backends and settings; no files, no printing."""

import time
import warnings
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.backends import opened
from deepmix.progress import OnProgress
from deepmix.reference.types import Status
from deepmix.settings import changed

from . import doubt, outlying, presets, selection, shrinking
from .choice import choose_distribution
from .covariances import freest
from .deep import fit_networks
from .distributions import AUTO
from .methods import METHODS, Method
from .mixtures import fit_gmm
from .order import order_of
from .preparation import Job, prepare
from .results import Outcome, Segmentation, assembled, part_of, placed
from .settings import Settings


def segment(
    image: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    n_components: int | str,
    method: str = Settings.method,
    preset: str = presets.DEFAULT,
    backend: str = Settings.backend,
    seed: int = Settings.seed,
    progress: OnProgress | None = None,
    **settings: Any,
) -> Segmentation:
    """Segment an image into classes 1 … K, without training data.

    Classes are in the order of their means of the first channel, the smallest first, or in the order of means_init
    if it is given. In a volume, deep methods work slice by slice, and a label means the same class in every slice;
    with dimension=3 they have one network for the whole volume, of pixels of the given spacing.
    Returns a `Segmentation`. Raises ValueError for input that cannot be segmented, TypeError for unknown settings,
    and ImportError if the backend is not installed.

    image: (H, W), (M, H, W) or, for volumes, (M, H, W, D); any unit. mask: bool, of the spatial shape: the pixels
    that count; all if not given. Pixels that a masked array (numpy.ma) hides never count. n_components: K, or
    "auto": the K from 1 to 8 whose GMM has the least BIC; "auto:A:B": the same from A to B. method: "gmm",
    "svgmm", "deepg", "deepsvg", "hmrf" or "fcm". preset: "robust", or "paper" for the published settings.
    backend: "accelerated" or "reference". seed: of the starts and of the network's parameters. progress: called
    while a deep method runs. settings: other fields of `Settings` and its groups, by their flat names, in place
    of those of the preset.
    """
    candidates = selection.candidates(n_components)
    about = {"n_components": candidates[-1], "method": method, "backend": backend, "seed": seed}
    chosen = presets.settings(preset, **about, **settings)
    return run(image, mask, chosen, progress, candidates)


def run(
    image: np.ndarray,
    mask: np.ndarray | None,
    settings: Settings,
    progress: OnProgress | None = None,
    candidates: range = range(0),
) -> Segmentation:
    """`segment`, with its settings in one record. candidates: the numbers of classes to choose from."""
    began = time.perf_counter()
    method, selected, chosen = METHODS[settings.method], None, None
    with opened(settings.backend, settings.floating, settings.device) as twin:
        if settings.densities.distribution == AUTO:
            chosen = choose_distribution(image, mask, settings, twin)
            settings = changed(settings, distribution=chosen.distribution)
        job = prepare(image, mask, settings)
        if len(candidates) > 1:
            selected = _select(job, twin, candidates, _of_counting(settings))
            job = job._replace(settings=changed(job.settings, n_components=selected.n_components))
        outcome = fit_networks(job, twin, progress) if method.deep else _fit_pixels(method, job, twin)
    labels, probabilities = assembled(outcome, job)
    several = outcome.consensus
    if several is not None:
        several = shrinking.grown(several, job.mask, job.fine, job.settings.shrink)
        several = several[..., 0] if job.flat else several
    found = Segmentation(
        labels=labels,
        probabilities=probabilities,
        parts=tuple(outcome.parts),
        guide=outcome.guide,
        scale=job.scale,
        settings=job.settings,
        seconds=time.perf_counter() - began,
        selection=selected,
        field=outcome.field,
        doubt=outcome.doubt,
        distribution=chosen,
        outliers=outlying.outliers(job, outcome),
        ambiguity=doubt.ambiguity(labels, probabilities if several is None else several),
    )
    _warn_of_trouble(found)
    return found


def _of_counting(settings: Settings) -> str:
    """The covariance type of the GMMs by which classes are counted."""
    return freest(settings.mixture.covariance_type, settings.densities.covariance_types)


def _select(job: Job, twin: ModuleType, candidates: range, covariance_type: str) -> selection.Selection:
    """The number of classes whose GMM, with a covariance type, has the least BIC on the chosen pixels."""
    of = job.settings.mixture
    if of.means_init is not None:
        raise ValueError("means_init says how many classes there are; give n_components as that number")
    mask = job.chosen()
    n_channels, n_pixels = len(job.volume), int(mask.sum())
    tol = min(of.tol, 0.01 / n_pixels)  # EM ends where a step moves a BIC by less than 0.02
    curve = {}
    for k in candidates:
        tried = changed(job.settings, n_components=k, tol=tol, covariance_type=covariance_type)
        fit = fit_gmm(mask, job._replace(settings=tried), twin)
        free = selection.n_parameters(k, n_channels, covariance_type, job.settings.densities.family)
        curve[k] = selection.bic(float(fit.value), n_pixels, free)
    return selection.least(curve)


def _fit_pixels(method: Method, job: Job, twin: ModuleType) -> Outcome:
    """A method without network: all chosen pixels at once."""
    found = method.fit(job.chosen(), job, twin)
    order = order_of(found.fit.mixture, job)
    return Outcome(
        parts=[part_of(None, found.fit, order, job)],
        maps=[(None, [found.probabilities[k] for k in order])],
        consensus=None if found.consensus is None else placed(found.consensus[order], job.chosen()),
        field=found.strength,
        doubt=found.doubt,
    )


def _warn_of_trouble(found: Segmentation) -> None:
    if found.doubt is not None:
        # a single class, or a β that was given, leaves neighbours little to tell, by construction
        several = any((part.proportions > 0).sum() > 1 for part in found.parts)
        doubt.warn(found.doubt, sought=found.field is not None and several)
    absent = [k for k in range(1, found.settings.n_components + 1) if not (found.labels == k).any()]
    if absent and found.settings.slices is None and not any(part.degenerate.any() for part in found.parts):
        these = f"class {absent[0]} has" if len(absent) == 1 else f"classes {', '.join(map(str, absent))} have"
        warnings.warn(f"{these} no pixel: try fewer classes", stacklevel=4)
    for part in found.parts:
        of = "" if part.slice is None else f"slice {part.slice}: "
        for k in np.flatnonzero(part.degenerate):
            warnings.warn(f"{of}class {k + 1} collapsed: no pixel belongs to it", stacklevel=4)
        if part.status == Status.non_finite:
            warnings.warn(f"{of}{part.status.message(found.settings.measure)}", stacklevel=4)
