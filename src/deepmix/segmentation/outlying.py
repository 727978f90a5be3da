"""How far each pixel lies outside its class, as Student distributions see it [NG3]."""

from collections.abc import Sequence

import numpy as np

from deepmix.reference.mixtures import student
from deepmix.reference.mixtures.records import Student

from . import shrinking
from .covariances import holds_matrices
from .preparation import Job
from .results import Outcome, Part

AT_ONCE = 2**18  # pixels: of all at once, distances in float64 would take more memory than the fit


def outliers(job: Job, outcome: Outcome) -> np.ndarray | None:
    """1/u of each pixel's class (*spatial) float32, at most about 1 within a class, large far outside all classes.

    None if the distribution is another one.
    """
    if not job.settings.densities.has_heavy_tails:
        return None
    found = np.zeros((1, *job.mask.shape), np.float32)
    of_slices = {part.slice: part for part in outcome.parts}
    for z, rows in outcome.maps:
        where = job.chosen() if z is None else job.mask[..., z]
        volume = job.volume if z is None else job.volume[..., z]
        part = of_slices.get(None if job.flat else z) or outcome.guide
        assert part is not None  # a slice without a fit of its own was labelled by the guide
        (found[0] if z is None else found[0, ..., z])[where] = _of_pixels(volume[:, where], rows, part, job)
    (fine,) = shrinking.grown(found, job.mask, job.fine, job.settings.shrink)
    return fine[..., 0] if job.flat else fine


def _of_pixels(pixels: np.ndarray, probabilities: Sequence[np.ndarray], part: Part, job: Job) -> np.ndarray:
    """1/u (N,) float32 of standardised pixels (M, N), each in its likeliest class. probabilities: K times (N,)."""
    assert part.parameters is not None
    classes = Student(
        proportions=part.proportions,
        means=part.means,
        covariances=part.covariances,
        degrees=part.parameters["degrees"],
    )
    kind = job.settings.mixture.covariance_type if holds_matrices(job.settings.mixture.covariance_type) else "diag"
    found = np.empty(pixels.shape[1], np.float32)
    for begin in range(0, len(found), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        image = pixels[:, some] * job.scale.deviation[:, None] + job.scale.mean[:, None]
        likeliest = np.stack([row[some] for row in probabilities]).argmax(axis=0)
        found[some] = np.take_along_axis(1 / student.precisions(image, classes, kind), likeliest[None], 0)[0]
    return found
