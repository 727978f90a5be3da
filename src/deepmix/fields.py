"""The Markov field of a job: from which start, and how strong, as the image itself says by [SV5]."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.reference.types import FieldFit, Mixture

from .job import Job
from .mixtures import fit_gmm
from .selection import BETAS, Strength, finite
from .starts import starts


class Field(NamedTuple):
    """A field over some pixels.

    fit: of a box round the pixels. posteriors: γ (K, pixels). beta: how strong it is. strength: how β was
    chosen, if it was not given.
    """

    fit: FieldFit
    posteriors: np.ndarray
    beta: float
    strength: Strength | None


class Trial(NamedTuple):
    """A fit, and how bad it is: how many classes have no pixel, then [SV5]."""

    fit: FieldFit
    badness: tuple[int, float]


def fit_field(mask: np.ndarray, job: Job, twin: ModuleType) -> Field:
    """The field over the mask (H, W, D) of an image or, with neighbours in three dimensions, of a volume.

    It starts from the GMM and, with "multiscale", from what the GMM started from as well, which EM without
    neighbours may lead astray. With "auto", β is sought for each start.
    """
    settings = job.settings
    (box,) = find_objects(mask.astype(np.uint8))
    image, inside = job.volume[:, *box], mask[box]
    if job.flat:
        image, inside = image[..., 0], inside[..., 0]

    def attempt(start: Mixture, beta: float) -> Trial:
        fit = twin.hmrf.fit(
            image,
            start,
            inside,
            beta=beta,
            diagonals=settings.diagonals,
            covariance_type=settings.covariance_type,
            tol=settings.tol,
            max_iter=settings.max_iter,
        )
        sizes = np.bincount(np.asarray(fit.labels)[inside], minlength=settings.n_components)
        return Trial(fit, (int((sizes == 0).sum()), finite(fit.pseudo_nll)))

    given = list(starts(mask, job))
    candidates = [fit_gmm(mask, job, twin, given).mixture]
    if settings.initialization == "multiscale":
        candidates += given
    if settings.beta == "auto":
        found = [seek(partial(attempt, start)) for start in candidates]
    else:
        beta = float(settings.beta)
        found = [(beta, {beta: attempt(start, beta)}) for start in candidates]
    beta, tried = min(found, key=lambda each: each[1][each[0]].badness)
    fit = tried[beta].fit
    curve = {each: float(tried[each].fit.pseudo_nll) for each in sorted(tried)}
    strength = Strength(beta, curve) if settings.beta == "auto" else None
    return Field(fit, np.asarray(fit.posterior)[:, inside], beta, strength)


def seek(attempt: Callable[[float], Trial]) -> tuple[float, dict[float, Trial]]:
    """The best β, from 1 on along `BETAS` as long as the next is better; and all that were tried."""
    at = BETAS.index(1.0)
    tried = {BETAS[at]: attempt(BETAS[at])}
    for step in (1, -1):
        while 0 <= at + step < len(BETAS):
            beta = BETAS[at + step]
            if beta not in tried:
                tried[beta] = attempt(beta)
            if not tried[beta].badness < tried[BETAS[at]].badness:
                break
            at += step
    return BETAS[at], tried
