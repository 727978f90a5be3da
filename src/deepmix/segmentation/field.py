"""The Markov field of a job: its best start, and its β, chosen from the image by [SV6]."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.ndimage import find_objects

from deepmix.reference.mixtures.hmrf import information
from deepmix.reference.mixtures.records import AnyMixture, FieldFit

from .doubt import consensus
from .mixtures import fit_gmm
from .preparation import Job
from .results import PixelFit
from .sampling import share
from .selection import BETAS, Doubt, Strength, finite
from .starts import starts

FIRST = 1.0  # the first β that is tried
# From MANY pixels on, only starts whose F at the first β is within NEAR of the least are tried at other β: on the
# images of `benchmarks quality` the start that wins at any β is within 0.0012 of it, and starts that end at the
# same field are within 10⁻⁴ of each other (SAME). On smaller images all starts at every β take about a second.
MANY = 2**17
NEAR, SAME = 3e-3, 1e-4
CLOSE = 0.03  # of F: fields that differ from the best by less are as good, given the chance in one image


class Trial(NamedTuple):
    """A field fitted from a start.

    lost: how many classes have no pixel. value: F, or −C if class sizes are free, because external fields shift F.
    told, information: U and C [SV6].
    """

    start: AnyMixture
    fit: FieldFit
    lost: int
    value: float
    told: float
    information: float

    @property
    def badness(self) -> tuple[int, float]:
        """What orders the fields at one β: how many classes have no pixel, then F, or −C."""
        return self.lost, self.value

    @property
    def incoherence(self) -> tuple[int, float]:
        """What orders fields at several β: how many classes have no pixel, then −C."""
        return self.lost, finite(-self.information)


def by_field(mask: np.ndarray, job: Job, twin: ModuleType) -> PixelFit:
    """The field over the mask (H, W, D) of an image or, with neighbours in three dimensions, of a volume.

    For a large image, start and β are found on a share of it, and the field is fitted there first.
    """
    (box,) = find_objects(mask.astype(np.uint8))
    image, inside = job.volume[:, *box], mask[box]
    if job.flat:
        image, inside = image[..., 0], inside[..., 0]

    def of_pixels(fit: FieldFit) -> np.ndarray:
        """γ (K, pixels) of the mask."""
        maps = np.asarray(fit.responsibilities)
        return maps.reshape(len(maps), -1) if inside.all() else maps[:, inside]

    part = share(mask, job, blocks=True)
    if part is None:
        trials, beta, strength = _best(mask, job, twin, inside, partial(_fit, image, inside, job, twin))
        (found, *_), posteriors = trials, [of_pixels(trial.fit) for trial in trials]
        mean, agreement = consensus(posteriors)
        return PixelFit(
            fit=found.fit,
            probabilities=posteriors[0],
            consensus=mean if len(posteriors) > 1 else None,
            beta=beta,
            strength=strength,
            doubt=Doubt(told=found.told, agreement=agreement, n_starts=len(posteriors)),
        )
    before = by_field(part.mask, part, twin)
    fit = _fit(image, inside, job, twin, before.fit.mixture, before.beta)
    told, _ = _information(fit)
    return before._replace(fit=fit, probabilities=of_pixels(fit), consensus=None, doubt=Doubt(told=told))


def _fit(
    image: np.ndarray, inside: np.ndarray, job: Job, twin: ModuleType, start: AnyMixture, beta: float
) -> FieldFit:
    """[SV4] of an image (M, *spatial) and a mask (*spatial) from a start."""
    return twin.mixtures.hmrf.fit(
        image,
        start,
        inside,
        beta=beta,
        diagonals=job.settings.field.diagonals,
        class_sizes=job.settings.field.class_sizes,
        covariance_type=job.settings.mixture.covariance_type,
        family=job.settings.densities.family,
        tol=job.settings.mixture.tol,
        max_iter=job.settings.mixture.max_iter,
    )


def _best(
    mask: np.ndarray, job: Job, twin: ModuleType, inside: np.ndarray, fit: Callable[[AnyMixture, float], FieldFit]
) -> tuple[list[Trial], float, Strength | None]:
    """The fields over a mask (H, W, D), best first; β, and how it was chosen. fit: from a start and β to a field.

    Fields start from the GMM and, with "multiscale", also from the starts of the GMM, as EM without neighbours may
    move away from a good one. At one β the field with the least F is kept, as F bounds the evidence; values of
    F at different β cannot be compared, so with "auto" β is chosen by the greatest C. For a large image only the
    starts of `leading` are tried at other β.
    """
    settings = job.settings
    given = list(starts(mask, job, twin))
    candidates = [fit_gmm(mask, job, twin, given).mixture]
    if settings.mixture.initialization == "multiscale":
        candidates += given

    def trial(start: AnyMixture, found: FieldFit) -> Trial:
        sizes = np.bincount(np.asarray(found.labels)[inside], minlength=settings.n_components)
        told, of_neighbours = _information(found)
        return Trial(
            start=start,
            fit=found,
            lost=int((sizes == 0).sum()),
            value=finite(-of_neighbours if settings.field.class_sizes == "free" else found.value),
            told=told,
            information=of_neighbours,
        )

    def attempt(begin: list[AnyMixture], beta: float) -> list[Trial]:
        """The fields at one β that are as good as the best from any start, the best first."""
        trials = [trial(start, fit(start, beta)) for start in begin]
        return close(sorted(trials, key=lambda trial: trial.badness))

    if settings.field.beta != "auto":
        beta = float(settings.field.beta)
        return attempt(candidates, beta), beta, None
    first = attempt(candidates, FIRST)
    others = candidates if inside.sum() < MANY else leading(first)
    beta, tried = seek(first, partial(attempt, others))
    curve = {each: tried[each][0].information for each in sorted(tried)}
    return tried[beta], beta, Strength(beta=beta, information=curve)


def _information(fit: FieldFit) -> tuple[float, float]:
    """U and C of a field [SV6]."""
    proportions = np.asarray(fit.mixture.proportions, float)
    told, of_neighbours = information(proportions, float(fit.nll), float(fit.pseudo_nll))
    return float(told), float(of_neighbours)


def leading(trials: list[Trial]) -> list[AnyMixture]:
    """The mixtures to start from at another β. trials: the fields at one β, best first.

    Those with F near the best, one for each F: their starts, and the mixtures that they ended at, because a start
    that ends well at one β may not at another.
    """
    best = trials[0]
    chosen: list[Trial] = []
    for trial in trials:
        if trial.lost > best.lost or trial.value > best.value + NEAR:
            break
        if not chosen or trial.value > chosen[-1].value + SAME:
            chosen.append(trial)
    return [begin for trial in chosen for begin in (trial.start, trial.fit.mixture)]


def close(trials: list[Trial]) -> list[Trial]:
    """The fields that are as good as the best. trials: the fields at one β, best first."""
    best = trials[0]
    if not np.isfinite(best.value):
        return [best]
    return [trial for trial in trials if trial.lost == best.lost and trial.value <= best.value + CLOSE]


def seek(first: list[Trial], attempt: Callable[[float], list[Trial]]) -> tuple[float, dict[float, list[Trial]]]:
    """The best β, and the trials at every β that was tried.

    From the β of the first trials along `BETAS`, up and down, as long as the next β is better. At each β, the best
    of the trials counts, which is the first.
    """
    at = BETAS.index(FIRST)
    tried = {FIRST: first}
    for step in (1, -1):
        while 0 <= at + step < len(BETAS):
            beta = BETAS[at + step]
            if beta not in tried:
                tried[beta] = attempt(beta)
            better = tried[beta][0].incoherence < tried[BETAS[at]][0].incoherence
            worse = BETAS[at] if better else beta
            tried[worse] = tried[worse][:1]  # one is enough to tell of; the others would fill the memory
            if not better:
                break
            at += step
    return BETAS[at], tried
