"""The Markov field of a job: from which start, and how strong, as the image itself says by [SV5]."""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.reference.mixtures.records import FieldFit, Mixture

from .mixtures import fit_gmm
from .preparation import Job
from .results import PixelFit
from .selection import BETAS, Strength, finite
from .starts import starts


class Trial(NamedTuple):
    """A fit, and how bad it is: how many classes have no pixel, then [SV5]."""

    fit: FieldFit
    badness: tuple[int, float]


def by_field(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The field over the mask (H, W, D) of an image or, with neighbours in three dimensions, of a volume.

    It starts from the GMM and, with "multiscale", from what the GMM started from as well, which EM without
    neighbours may lead astray. At one β the least F is kept, a bound of the evidence; F of several β do not
    compare, and with "auto" the least [SV5] is.
    """
    settings = job.settings
    (box,) = find_objects(mask.astype(np.uint8))
    image, inside = job.volume[:, *box], mask[box]
    if job.flat:
        image, inside = image[..., 0], inside[..., 0]

    def fit(start: Mixture, beta: float) -> FieldFit:
        return twin.mixtures.hmrf.fit(
            image,
            start,
            inside,
            beta=beta,
            diagonals=settings.field.diagonals,
            covariance_type=settings.mixture.covariance_type,
            tol=settings.mixture.tol,
            max_iter=settings.mixture.max_iter,
        )

    def lost(fit: FieldFit) -> int:
        """How many classes have no pixel."""
        sizes = np.bincount(np.asarray(fit.labels)[inside], minlength=settings.n_components)
        return int((sizes == 0).sum())

    given = list(starts(mask, job))
    candidates = [fit_gmm(mask, job, twin, given).mixture]
    if settings.mixture.initialization == "multiscale":
        candidates += given

    def attempt(beta: float) -> Trial:
        best = min((fit(start, beta) for start in candidates), key=lambda fit: (lost(fit), finite(fit.value)))
        return Trial(fit=best, badness=(lost(best), finite(best.pseudo_nll)))

    strength = None
    if settings.field.beta == "auto":
        beta, tried = seek(attempt)
        curve = {each: float(tried[each].fit.pseudo_nll) for each in sorted(tried)}
        strength = Strength(beta=beta, pseudo_nll=curve)
    else:
        beta = float(settings.field.beta)
        tried = {beta: attempt(beta)}
    found = tried[beta].fit
    of_pixels = np.asarray(found.responsibilities)[:, inside]
    return PixelFit(fit=found, probabilities=of_pixels, beta=beta, strength=strength)


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
