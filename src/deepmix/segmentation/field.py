"""The Markov field of a job: from which start, and how strong, as the image itself says by [SV5]."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.reference.mixtures.records import FieldFit, Mixture

from .mixtures import fit_gmm
from .preparation import Job
from .results import PixelFit
from .sampling import share
from .selection import BETAS, Strength, finite
from .starts import starts


class Trial(NamedTuple):
    """A fit, and how bad it is: how many classes have no pixel, then [SV5]."""

    fit: FieldFit
    badness: tuple[int, float]


def by_field(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The field over the mask (H, W, D) of an image or, with neighbours in three dimensions, of a volume.

    Of a large image start and β are found, and the field fitted, on a share of it first.
    """
    (box,) = find_objects(mask.astype(np.uint8))
    image, inside = job.volume[:, *box], mask[box]
    if job.flat:
        image, inside = image[..., 0], inside[..., 0]
    part = share(mask, job, blocks=True)
    if part is None:
        found, beta, strength = _best(mask, job, twin, inside, partial(_fit, image, inside, job, twin))
    else:
        before = by_field(part.mask, part, twin)
        beta, strength = before.beta, before.strength
        found = _fit(image, inside, job, twin, before.fit.mixture, beta)
    of_pixels = np.asarray(found.responsibilities)[:, inside]
    return PixelFit(fit=found, probabilities=of_pixels, beta=beta, strength=strength)


def _fit(
    image: np.ndarray, inside: np.ndarray, job: Job, twin: ModuleType, start: Mixture, beta: float
) -> FieldFit:
    """[SV4] of an image (M, *spatial) and a mask (*spatial) from a start."""
    return twin.mixtures.hmrf.fit(
        image,
        start,
        inside,
        beta=beta,
        diagonals=job.settings.field.diagonals,
        covariance_type=job.settings.mixture.covariance_type,
        tol=job.settings.mixture.tol,
        max_iter=job.settings.mixture.max_iter,
    )


def _best(
    mask: np.ndarray, job: Job, twin: ModuleType, inside: np.ndarray, fit: Callable[[Mixture, float], FieldFit]
) -> tuple[FieldFit, float, Strength | None]:
    """The best field over a mask (H, W, D) that `fit` makes of a start and a β; its β, and how it was chosen.

    They start from the GMM and, with "multiscale", from what the GMM started from as well, which EM without
    neighbours may lead astray. At one β the least F is kept, a bound of the evidence; F of several β do not
    compare, and with "auto" the least [SV5] is.
    """
    settings = job.settings
    given = list(starts(mask, job, twin))
    candidates = [fit_gmm(mask, job, twin, given).mixture]
    if settings.mixture.initialization == "multiscale":
        candidates += given

    def lost(fit: FieldFit) -> int:
        """How many classes have no pixel."""
        sizes = np.bincount(np.asarray(fit.labels)[inside], minlength=settings.n_components)
        return int((sizes == 0).sum())

    def attempt(beta: float) -> Trial:
        best = min((fit(start, beta) for start in candidates), key=lambda fit: (lost(fit), finite(fit.value)))
        return Trial(fit=best, badness=(lost(best), finite(best.pseudo_nll)))

    if settings.field.beta != "auto":
        beta = float(settings.field.beta)
        return attempt(beta).fit, beta, None
    beta, tried = seek(attempt)
    curve = {each: float(tried[each].fit.pseudo_nll) for each in sorted(tried)}
    return tried[beta].fit, beta, Strength(beta=beta, pseudo_nll=curve)


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
