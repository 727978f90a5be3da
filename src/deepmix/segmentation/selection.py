"""Settings that are chosen from the image: the number of classes by BIC, the β of a field by [SV6]."""

import re
import warnings
from typing import Any, NamedTuple

import numpy as np

from .covariances import n_free

BETAS = (0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)  # of `--beta auto`


class Strength(NamedTuple):
    """The β that was chosen, and for each β that was tried, C [SV6]: what neighbours tell about a pixel."""

    beta: float
    information: dict[float, float]


class Doubt(NamedTuple):
    """How far to trust a field.

    told: U [SV6], what neighbours tell about a pixel's class, as a share of all there is to know; it may be
    slightly below 0. agreement: each of the best starts labels at least this share of the pixels as the very best
    one does. n_starts: how many starts are among the best; 1 for a large image, whose last fit has one start.
    """

    told: float
    agreement: float = 1.0
    n_starts: int = 1

    @property
    def share(self) -> float:
        """`told`, but not below 0, for messages."""
        return max(self.told, 0.0)


class Selection(NamedTuple):
    """The number of classes that was chosen, and the BIC of a GMM with each number that was tried."""

    n_components: int
    bic: dict[int, float]


class Choice(NamedTuple):
    """The distribution that was chosen, and the BIC of a mixture of each that was tried [NG9]."""

    distribution: str
    bic: dict[str, float]


def candidates(wanted: int | str) -> range:
    """The numbers of classes to choose from: one (3 or "3"), 1 to 8 ("auto") or those named ("auto:2:6").

    Raises ValueError for anything else.
    """
    text = "auto:1:8" if wanted == "auto" else str(wanted)
    if re.fullmatch(r"\d+", text):
        return range(int(text), int(text) + 1)
    found = re.fullmatch(r"auto:(\d+):(\d+)", text)
    first, last = (int(number) for number in found.groups()) if found else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(f"the number of classes is an integer, auto or auto:A:B with 1 ≤ A ≤ B; got {wanted!r}")
    return range(first, last + 1)


def least(curve: dict[int, float]) -> Selection:
    """The number of classes with the least BIC, from BIC by number; warns if it is an end of the range."""
    best = min(curve, key=lambda k: curve[k])
    if best == max(curve) or best == min(curve) > 1:
        warnings.warn(
            f"the BIC is least at {best} classes, an end of the range that was tried; try a wider one",
            stacklevel=4,
        )
    return Selection(n_components=best, bic=curve)


def finite(value: Any) -> float:
    """A value for comparisons: ∞ if it is not finite, so that such a fit is the worst."""
    return float(value) if np.isfinite(value) else np.inf


def n_parameters(n_components: int, n_channels: int, covariance_type: str, family: str = "gaussian") -> int:
    """Free parameters of a mixture: K − 1 proportions, and those of the classes: K·M means, the covariances, …"""
    k, each = n_components, n_components * n_channels
    of_covariances = n_free(covariance_type, n_components, n_channels)
    of_classes = {
        "student": each + of_covariances + k,
        "student_shared": each + of_covariances + 1,
        "rician": each + n_channels,
        "rician_each": 2 * each,
        "gamma": 2 * each,
        "gamma_fixed": each,
        "poisson": each,
    }
    return k - 1 + of_classes.get(family, each + of_covariances)


def aic(nll: float, n_samples: int, free: int) -> float:
    """Akaike's criterion (Akaike 1974); smaller is better. nll: mean over samples. free: how many parameters."""
    return 2 * n_samples * nll + 2 * free


def bic(nll: float, n_samples: int, free: int) -> float:
    """The Bayesian criterion (Schwarz 1978). Arguments as for `aic`; smaller is better."""
    return 2 * n_samples * nll + free * float(np.log(n_samples))
