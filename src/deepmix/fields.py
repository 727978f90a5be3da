"""The Markov field of a job: from which start, and how strong, as the image itself says by [SV5]."""

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

    def fit(start: Mixture, beta: float) -> FieldFit:
        return twin.hmrf.fit(
            image,
            start,
            inside,
            beta=beta,
            diagonals=settings.diagonals,
            covariance_type=settings.covariance_type,
            tol=settings.tol,
            max_iter=settings.max_iter,
        )

    def badness(fit: FieldFit) -> tuple[int, float]:
        """Classes without pixels, then [SV5]."""
        found = np.bincount(np.asarray(fit.labels)[inside], minlength=settings.n_components)
        return int((found == 0).sum()), finite(fit.pseudo_nll)

    def fits(start: Mixture) -> dict[float, FieldFit]:
        """By β: of the one that is given, or from 1 on along `BETAS` as long as that is for the better."""
        if settings.beta != "auto":
            return {float(settings.beta): fit(start, float(settings.beta))}
        found: dict[float, FieldFit] = {}
        at = 1.0
        while True:
            i = BETAS.index(at)
            for beta in BETAS[max(i - 1, 0) : i + 2]:
                found[beta] = found[beta] if beta in found else fit(start, beta)
            if (best := least(found)) == at:
                return found
            at = best

    def least(found: dict[float, FieldFit]) -> float:
        return min(found, key=lambda beta: badness(found[beta]))

    begin = [fit_gmm(mask, job, twin).mixture]
    if settings.initialization == "multiscale":
        begin += starts(mask, job)
    distinct = {np.sort(start.means, axis=0).round(4).tobytes(): start for start in begin}
    found = min(map(fits, distinct.values()), key=lambda found: badness(found[least(found)]))
    beta = least(found)
    curve = {beta: float(fit.pseudo_nll) for beta, fit in sorted(found.items())}
    strength = Strength(beta, curve) if settings.beta == "auto" else None
    return Field(found[beta], np.asarray(found[beta].posterior)[:, inside], beta, strength)
