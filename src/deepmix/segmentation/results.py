"""The result of a segmentation, and how it is put together from the fits."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.mixtures.records import FieldFit
from deepmix.reference.types import Status

from . import densities, shrinking
from .preparation import Job, Scale
from .selection import Choice, Doubt, Selection, Strength
from .settings import Settings


class Part(NamedTuple):
    """One fit: of the whole image, or of one slice of a volume by a deep method.

    slice: index on the last axis, None for the whole image.
    value: what `Settings.measure` names: NLL (of the standardised channels), F, or J per pixel.
    history: (T,) every value, a non-finite one last. status: how the fit ended.
    degenerate: (K,) bool, classes that collapsed.
    proportions: (K,), means over the mask. means: (K, M), in the unit of the image.
    covariances: in that unit squared; (K, M), or (M, M) tied, or (K, M, M) full.
    external: α (K,) of a field [SV4], None for other methods.
    parameters: of classes that are not Gaussian, by name, in the unit of the image; see `densities.classes`.
    None for Gaussian ones. patches: of a volume in patches [DG7], how many a sweep has; the history is of sweeps.
    """

    slice: int | None
    value: float
    history: np.ndarray
    status: Status
    degenerate: np.ndarray
    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    external: np.ndarray | None = None
    parameters: dict[str, np.ndarray] | None = None
    patches: int | None = None

    @property
    def steps(self) -> int:
        """Steps of the fit; of sweeps, whose last only looks, those of all patches."""
        return len(self.history) if self.patches is None else self.patches * (len(self.history) - 1)


class PixelFit(NamedTuple):
    """A fit of all pixels at once.

    fit: a record with value, history, status, degenerate and mixture. probabilities: (K, pixels), whose largest
    is the label. consensus: their mean over the best starts, if there were several. beta: of a field, 0 for other
    methods. strength: how β was chosen, if it was not given. doubt: of a field.
    """

    fit: Any
    probabilities: np.ndarray
    consensus: np.ndarray | None = None
    beta: float = 0.0
    strength: Strength | None = None
    doubt: Doubt | None = None


class Outcome(NamedTuple):
    """The fits of a job, and what they found.

    maps: for each slice, its number and the probabilities (N,) of its pixels by class; number None: of all pixels.
    consensus: γ (K, H, W, D) of the field, or of the guiding one, as the mean over its best starts if there were
    several.
    guide, field, doubt: as in `Segmentation`.
    """

    parts: list[Part]
    maps: list[tuple[int | None, Sequence[np.ndarray]]]
    consensus: np.ndarray | None = None
    guide: Part | None = None
    field: Strength | None = None
    doubt: Doubt | None = None


class Segmentation(NamedTuple):
    """What `segment` returns.

    labels: (*spatial) uint8, classes 1 … K, 0 outside the mask.
    probabilities: (K, *spatial) float32, whose largest is the label; 0 outside the mask. They are the
    responsibilities γ for gmm and hmrf, the memberships for fcm, and the pixels' proportions Π for svgmm, deepg
    and deepsvg (for the last two γ with the label rule "posterior").
    parts: the fits, one for the whole image or one for each slice.
    guide: the GMM or field over the whole image that a deep method started from, or that its classes were matched
    to; None if it needed none.
    scale: the standardisation. settings: as used. seconds: duration, in s.
    ambiguity: (*spatial) float32, 1 − the probability of the label; 0 outside the mask. If a field had several
    equally good starts, their mean γ is the probability, also for a network that descends on its free energy.
    selection, field: how K, or the β of hmrf, was chosen, if it was not given.
    doubt: how far to trust the field, if there was one.
    distribution: how the distribution was chosen, if it was not given.
    outliers: (*spatial) float32, 1/u of each pixel's class [NG3], large far from it, 0 outside the mask; None but
    for student.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    parts: tuple[Part, ...]
    guide: Part | None
    scale: Scale
    settings: Settings
    seconds: float
    ambiguity: np.ndarray
    selection: Selection | None = None
    field: Strength | None = None
    doubt: Doubt | None = None
    distribution: Choice | None = None
    outliers: np.ndarray | None = None


def part_of(index: int | None, fit: Any, order: np.ndarray, job: Job) -> Part:
    """A fit as a `Part`, with its classes in the order (K,) and its moments in the unit of the image."""
    proportions = np.asarray(fit.mixture.proportions)
    kind = job.settings.mixture.covariance_type
    mixture = densities.reordered(fit.mixture._replace(proportions=np.zeros(len(order))), order, kind)
    found = densities.classes(mixture, job.scale.mean, job.scale.deviation, kind)
    return Part(
        slice=index,
        value=float(fit.value),
        history=np.asarray(fit.history),
        status=fit.status,
        degenerate=np.asarray(fit.degenerate)[order],
        proportions=(proportions if proportions.ndim == 1 else proportions.mean(axis=1))[order],
        means=found.means,
        covariances=found.covariances,
        external=np.asarray(fit.external)[order] if isinstance(fit, FieldFit) else None,
        parameters=found.parameters or None,
    )


def assembled(outcome: Outcome, job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Labels (*spatial) and probabilities (K, *spatial) of all slices together."""
    probabilities = np.zeros((job.settings.n_components, *job.mask.shape), np.float32)
    done = np.zeros(job.mask.shape, bool)
    for z, rows in outcome.maps:
        where = job.chosen() if z is None else job.mask[..., z]
        for k, row in enumerate(rows):
            (probabilities[k] if z is None else probabilities[k, ..., z])[where] = row
        (done if z is None else done[..., z])[where] = True
    probabilities = shrinking.grown(probabilities, job.mask, job.fine, job.settings.shrink)
    done = shrinking.covered(done, job.fine, job.settings.shrink)
    labels = np.zeros(done.shape, np.uint8)
    for row, inside, label in zip(probabilities.swapaxes(0, 1), done, labels, strict=True):
        label[inside] = row.argmax(axis=0)[inside] + 1  # row by row: NumPy's labels have eight bytes
    return (labels[..., 0], probabilities[..., 0]) if job.flat else (labels, probabilities)


def placed(of_pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Maps (K, *spatial) that hold the values (K, pixels) inside a mask (*spatial), and 0 outside."""
    result = np.zeros((len(of_pixels), *mask.shape), of_pixels.dtype)
    result[:, mask] = of_pixels
    return result
