"""What a segmentation returns, and how it is put together from its fits."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.mixtures.covariances import COVARIANCES
from deepmix.reference.mixtures.records import FieldFit
from deepmix.reference.types import Status

from . import shrinking
from .covariances import holds_matrices
from .preparation import Job, Scale
from .selection import Doubt, Selection, Strength
from .settings import Settings


class Part(NamedTuple):
    """One fit: of the whole image, or of one slice of a volume by a deep method.

    slice: index on the last axis, None for the whole image.
    value: what `Settings.measure` names, of the result: NLL (of the standardised channels), F, or J per pixel.
    history: every value, a non-finite one last. status: how the fit ended.
    degenerate: (K,) bool, classes that collapsed.
    proportions: (K,), means over the mask. means: (K, M), in the unit of the image.
    covariances: in its square; (K, M), or (M, M) tied, or (K, M, M) full.
    external: α (K,) of a field [SV4], None of what is none.
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


class PixelFit(NamedTuple):
    """A fit of pixels all at once.

    fit: a record with value, history, status, degenerate and mixture. probabilities: (K, pixels), whose largest
    is the label. consensus: their mean over the best starts, if there were several. beta: of a field, 0 without
    one. strength: how β was chosen, if it was not given. doubt: of a field.
    """

    fit: Any
    probabilities: np.ndarray
    consensus: np.ndarray | None = None
    beta: float = 0.0
    strength: Strength | None = None
    doubt: Doubt | None = None


class Outcome(NamedTuple):
    """Fits, and by class the probabilities (N,) of the pixels of each slice (None: of all chosen ones).

    consensus: γ (K, H, W, D) of the field, or of that which guides, mean over its best starts if it had several.
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
    probabilities: (K, *spatial) float32, whose largest is the label; 0 outside the mask. Responsibilities γ of
    gmm and hmrf, memberships of fcm; the pixels' proportions Π of svgmm, deepg and deepsvg, or, with the label
    rule "posterior", the γ of the last two.
    parts: the fits behind it. guide: the GMM or field over the whole image that a deep method started from, or
    its classes were matched to, if it needed one. scale: the standardisation. settings: as used. seconds: it took.
    selection, field: how K, or the β of hmrf, was chosen, if it was not given. doubt: how far the field is to be
    trusted, if there was one. ambiguity: (*spatial) float32, one less the probability of the label; of a
    field that had several starts as good, or of a network that descends on its free energy, by their mean γ; 0
    outside the mask.
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


def part_of(index: int | None, fit: Any, order: np.ndarray, job: Job) -> Part:
    """A fit with its classes in order and its moments in the unit of the image."""
    proportions = np.asarray(fit.mixture.proportions)
    deviation, kind = job.scale.deviation, job.settings.mixture.covariance_type
    covariances = np.asarray(fit.mixture.covariances)
    if holds_matrices(kind):
        covariances = covariances * np.outer(deviation, deviation)
    else:
        covariances = covariances.reshape(len(order), -1) * deviation**2
    return Part(
        slice=index,
        value=float(fit.value),
        history=np.asarray(fit.history),
        status=fit.status,
        degenerate=np.asarray(fit.degenerate)[order],
        proportions=(proportions if proportions.ndim == 1 else proportions.mean(axis=1))[order],
        means=np.asarray(fit.mixture.means)[order] * deviation + job.scale.mean,
        covariances=covariances if COVARIANCES[kind].pools else covariances[order],
        external=np.asarray(fit.external)[order] if isinstance(fit, FieldFit) else None,
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
    """Maps (K, *spatial) of what the pixels of a mask have (K, pixels), 0 outside."""
    result = np.zeros((len(of_pixels), *mask.shape), of_pixels.dtype)
    result[:, mask] = of_pixels
    return result
