"""What a segmentation returns."""

from typing import NamedTuple

import numpy as np

from deepmix.reference.types import Status

from .preparation import Scale
from .selection import Selection, Strength
from .settings import Settings


class Part(NamedTuple):
    """One fit: of the whole image, or of one slice of a volume by a deep method.

    slice: index on the last axis, None for the whole image. history: every NLL (of the standardised
    channels), the last finite one being that of the result; of fcm every J per pixel, of hmrf and of the free
    energy every F. status: how the fit ended.
    proportions: (K,), means over the mask. means: (K, M), in the unit of the image.
    covariances: in its square; (K, M), or (M, M) tied, or (K, M, M) full.
    degenerate: (K,) bool, classes that collapsed.
    """

    slice: int | None
    history: np.ndarray
    status: Status
    proportions: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    degenerate: np.ndarray

    @property
    def nll(self) -> float:
        """NLL of the result; or J per pixel, or F."""
        finite = self.history[np.isfinite(self.history)]
        return float(finite[-1]) if len(finite) else float("nan")


class Segmentation(NamedTuple):
    """What `segment` returns.

    labels: (*spatial) uint8, classes 1 … K, 0 outside the mask.
    probabilities: (K, *spatial) float32, whose largest is the label; 0 outside the mask.
    parts: the fits behind it. guide: the GMM or field over the whole image that a deep method started from, or
    its classes were matched to, if it needed one. scale: the standardisation. settings: as used. seconds: it took.
    selection, field: how K, or the β of hmrf, was chosen, if it was not given.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    parts: tuple[Part, ...]
    guide: Part | None
    scale: Scale
    settings: Settings
    seconds: float
    selection: Selection | None = None
    field: Strength | None = None
