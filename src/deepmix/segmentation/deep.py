"""deepG and deepSVG: slice by slice, from and beside one mixture over the whole volume."""

import warnings
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.evaluation.overlap import match_classes
from deepmix.reference.mixtures.records import Mixture

from . import preparation
from .field import fit_field
from .job import Job, Outcome, Progress, network, order_of, part_of, regularizers
from .mixtures import fit_gmm
from .results import Part
from .selection import Strength


def fit_slices(job: Job, twin: ModuleType, progress: Progress | None) -> Outcome:
    """A network for each slice; the classes are matched to those of the guide."""
    settings = job.settings
    energy = settings.objective == "free_energy"
    smooth = settings.total_variation == "auto"
    needs_guide = not job.flat or settings.means_init is not None or settings.warm_start or energy or smooth
    guide = _guide(job, twin) if needs_guide else None
    model, parameters = settings.model(regularizers(job, twin, guide.beta if guide else 0.0)), network(job)
    box = preparation.window(job.mask.max(axis=2), settings.margin, 2**settings.depth)
    todo = [z for z in job.slices if job.mask[..., z].any()]
    outcome = Outcome([], [], guide and guide.part, guide and guide.strength)
    for done, z in enumerate(todo):
        mask = job.mask[..., z]
        if mask.sum() < settings.n_components:
            assert guide is not None  # a flat image with so few pixels was refused
            trouble = f"slice {z} has {mask.sum()} pixels, fewer than classes: labelled by the guide of the volume"
            warnings.warn(trouble, stacklevel=2)
            outcome.maps.append((z, guide.posteriors[..., z][:, mask]))
            continue
        image, weights = box.take(job.volume[..., z]), box.take_mask(mask)
        start = parameters
        if settings.warm_start and guide is not None:
            start = twin.deep_mixtures.one_image.warm_start(
                image,
                parameters,
                box.take(guide.posteriors[..., z]),
                weights,
                n_steps=settings.warm_start,
                config=model.unet,
                optimization=settings.optimization(),
            )
        fit = twin.deep_mixtures.one_image.fit(
            image,
            start,
            weights,
            model=model,
            optimization=settings.optimization(),
            mixture=guide.mixture if energy and guide else None,
            progress=None if progress is None else partial(progress, done, len(todo)),
        )
        chosen = fit.responsibilities if settings.label_rule == "posterior" else fit.proportions
        probabilities = box.give(np.asarray(chosen))[:, mask[box.box]]
        if energy:  # the loop may keep the π of the guide: the report has what was found
            mean = box.give(np.asarray(fit.proportions))[:, mask[box.box]].mean(axis=1)
            fit = fit._replace(mixture=fit.mixture._replace(proportions=mean))
        if job.flat and settings.means_init is None:
            order = order_of(fit.mixture.means, job)
        elif settings.mean_prior or energy:  # class k is tissue k [R1], or that of the guide
            order = np.arange(settings.n_components)
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
    beta: float
    strength: Strength | None


def _guide(job: Job, twin: ModuleType) -> _Guide:
    fit: Any
    if job.settings.guide == "hmrf":
        fit, of_pixels, beta, strength = fit_field(job.mask, job, twin)
        _, means, covariances = map(np.asarray, fit.mixture)
        proportions = np.full(len(means), 1 / len(means), means.dtype)  # [SV4] knows none
    else:
        fit, beta, strength = fit_gmm(job.mask, job, twin), 0.0, None
        of_pixels = np.asarray(fit.responsibilities)
        proportions, means, covariances = map(np.asarray, fit.mixture)
    order = order_of(means, job)
    posteriors = np.zeros((len(order), *job.mask.shape), job.volume.dtype)
    posteriors[:, job.mask] = of_pixels[order]
    tied = job.settings.covariance_type == "tied"
    mixture = Mixture(proportions[order], means[order], covariances if tied else covariances[order])
    return _Guide(mixture, posteriors, part_of(None, fit, order, job), beta, strength)


def _matching_order(probabilities: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """For every class of the guide, the class of this fit that overlaps it best [EV2]."""
    n_components = len(guide)
    matched = match_classes(probabilities.argmax(axis=0) + 1, guide.argmax(axis=0) + 1, n_components, n_components)
    return np.argsort(matched)
