"""deepG and deepSVG: a network for each slice, or for the volume, guided by one mixture over the whole volume."""

import warnings
from functools import partial
from types import ModuleType

from deepmix import backends
from deepmix.progress import OnProgress
from deepmix.reference.mixtures.records import AnyMixture
from deepmix.reference.networks.records import UNetConfig

from .guide import Guide, fit_guide, needs_guide
from .model import first_parameters, regularizers
from .patches import in_patches, n_patches_of, of_patches
from .preparation import Job
from .results import Outcome
from .slices import Descent, found_in, in_turn, one_by_one, side_by_side, view
from .starts import starts
from .windows import boxed, filled, window


def fit_networks(job: Job, twin: ModuleType, progress: OnProgress | None) -> Outcome:
    """The networks of a job, and what they found; see `Settings.dimension`."""
    guide = fit_guide(job, twin) if needs_guide(job) else None
    return _DIMENSIONS[job.settings.dimension](job, guide, twin, progress)


def _fit_slices(job: Job, guide: Guide | None, twin: ModuleType, progress: OnProgress | None) -> Outcome:
    """A network for each slice; the classes are those of the guide, or are matched to them."""
    settings, outcome, large = job.settings, _empty(job, guide), []
    for z in job.slices:
        mask = job.mask[..., z]
        if mask.sum() >= settings.n_components:
            large.append(z)
        elif mask.any():
            assert guide is not None  # a flat image with so few pixels was refused
            trouble = f"slice {z} has {mask.sum()} pixels, fewer than classes: labelled by the guide of the volume"
            warnings.warn(trouble, stacklevel=3)
            outcome.maps.append((z, list(guide.responsibilities[..., z][:, mask])))
    descent = _descent(job, guide, twin, settings.unet(), len(large))
    box = window(job.mask.max(axis=2), settings.margin, 2**settings.network.depth)
    views = (view(z, job, box, guide) for z in large)
    together = len(large) > 1 and backends.gains_by_batches(twin)
    fits = in_turn if descent.n_follow else side_by_side if together else one_by_one
    for each, fit in fits(views, descent, twin, progress):
        of_pixels, part = found_in(each, fit, job, box, guide)
        outcome.maps.append(of_pixels)
        outcome.parts.append(part)
    outcome.parts.sort(key=lambda part: part.slice or 0)
    return outcome


def _fit_volume(job: Job, guide: Guide | None, twin: ModuleType, progress: OnProgress | None) -> Outcome:
    """One network for all slices to do, in patches if they are larger [NN3], [DG7].

    The margin is as wide along each axis.
    """
    settings, outcome, finest = job.settings, _empty(job, guide), min(job.spacing)
    box = boxed(job.chosen(), tuple(round(settings.margin * finest / step) for step in job.spacing))
    unet, size = of_patches(box.size, job.spacing, settings)
    box = filled(box, size)
    volume, descent = view(None, job, box, guide), _descent(job, guide, twin, unet, 1)
    whole = volume.weights.shape == size
    fits = one_by_one if whole else partial(in_patches, size=size)
    for each, fit in fits([volume], descent, twin, progress):
        of_pixels, part = found_in(each, fit, job, box, guide)
        outcome.maps.append(of_pixels)
        outcome.parts.append(part if whole else part._replace(patches=n_patches_of(each.weights, size)))
    return outcome


_DIMENSIONS = {2: _fit_slices, 3: _fit_volume}


def _empty(job: Job, guide: Guide | None) -> Outcome:
    """What is known before the first network."""
    energy = job.settings.model.objective == "free_energy"
    return Outcome(
        parts=[],
        maps=[],
        consensus=guide.consensus if guide and energy else None,
        guide=guide and guide.part,
        field=guide and guide.strength,
        doubt=guide and guide.doubt,
    )


def _descent(job: Job, guide: Guide | None, twin: ModuleType, unet: UNetConfig, n_networks: int) -> Descent:
    """What the networks of a job minimise, and how."""
    settings = job.settings
    return Descent(
        model=settings.deep_model(regularizers(job, twin, guide.beta if guide else 0.0), unet),
        optimization=settings.descent(),
        parameters=first_parameters(job, unet),
        n_warm=settings.guidance.warm_start,
        n_follow=settings.guidance.follow,
        mixture=_first_mixture(job, guide, twin),
        measure=settings.measure,
        n_slices=n_networks,
    )


def _first_mixture(job: Job, guide: Guide | None, twin: ModuleType) -> AnyMixture | None:
    """The mixture before the first step; None: that of Algorithm 3, whose classes are alike.

    Other families than the Gaussian need one that has the numbers of the settings, and signals beside 0 [NG5].
    """
    settings = job.settings
    if settings.model.objective != "free_energy" and settings.densities.family == "gaussian":
        return None
    return guide.mixture if guide else next(starts(job.chosen(), job, twin))
