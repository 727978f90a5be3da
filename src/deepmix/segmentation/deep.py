"""deepG and deepSVG: a network for each slice, guided by one mixture over the whole volume."""

import warnings
from types import ModuleType

from deepmix import backends
from deepmix.progress import OnProgress

from .guide import fit_guide, needs_guide
from .model import first_parameters, regularizers
from .preparation import Job
from .results import Outcome
from .slices import Descent, found_in, in_turn, one_by_one, side_by_side, view
from .windows import window


def fit_slices(job: Job, twin: ModuleType, progress: OnProgress | None) -> Outcome:
    """A network for each slice; the classes are those of the guide, or are matched to them."""
    settings = job.settings
    guide = fit_guide(job, twin) if needs_guide(job) else None
    outcome = Outcome(
        parts=[],
        maps=[],
        consensus=guide.consensus if guide and settings.model.objective == "free_energy" else None,
        guide=guide and guide.part,
        field=guide and guide.strength,
        doubt=guide and guide.doubt,
    )
    large = []
    for z in job.slices:
        mask = job.mask[..., z]
        if mask.sum() >= settings.n_components:
            large.append(z)
        elif mask.any():
            assert guide is not None  # a flat image with so few pixels was refused
            trouble = f"slice {z} has {mask.sum()} pixels, fewer than classes: labelled by the guide of the volume"
            warnings.warn(trouble, stacklevel=2)
            outcome.maps.append((z, list(guide.responsibilities[..., z][:, mask])))
    energy = settings.model.objective == "free_energy"
    descent = Descent(
        model=settings.deep_model(regularizers(job, twin, guide.beta if guide else 0.0)),
        optimization=settings.descent(),
        parameters=first_parameters(job),
        n_warm=settings.guidance.warm_start,
        n_follow=settings.guidance.follow,
        mixture=guide.mixture if energy and guide else None,
        measure=settings.measure,
        n_slices=len(large),
    )
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
