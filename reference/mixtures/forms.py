"""What the mixtures of a family look like, and which pixels it knows; its functions are in `families` [NG]."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .covariances import COVARIANCE_TYPES, COVARIANCES
from .records import AnyMixture, Gamma, LogNormal, Mixture, Poisson, Rician, Student

LEAST_DEGREES = 1.0  # of freedom, of a Student class [NG3]

Shapes = tuple[tuple[int, ...], ...]


class Form(NamedTuple):
    """The form of one family.

    record: the class of its mixtures. shapes: of its parameters, from K, M and the covariance type.
    support: where the density lives, one of `SUPPORTS`. covariance_types: those it knows.
    """

    record: Any
    shapes: Callable[[int, int, str], Shapes]
    support: str = "real"
    covariance_types: tuple[str, ...] = COVARIANCE_TYPES


def n_components(mixture: AnyMixture) -> int:
    """K of a mixture of any family."""
    return len(mixture[1])


def _with_covariances(k: int, m: int, covariance_type: str) -> Shapes:
    return (k, m), COVARIANCES[covariance_type].shape(k, m)


def _and_degrees(k: int, m: int, covariance_type: str) -> Shapes:
    return *_with_covariances(k, m, covariance_type), (k,)


def _of_channels(n_parameters: int) -> Callable[[int, int, str], Shapes]:
    """So many parameters of each class and channel."""
    return lambda k, m, covariance_type: ((k, m),) * n_parameters


# Which values have a density, of pixels of any shape.
SUPPORTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "real": lambda pixels: np.ones(pixels.shape, bool),
    "positive": lambda pixels: pixels > 0,
    "counts": lambda pixels: pixels >= 0,
}

_STUDENT = Form(record=Student, shapes=_and_degrees)
_RICIAN = Form(record=Rician, shapes=_of_channels(2), support="positive", covariance_types=("diag",))
_GAMMA = _RICIAN._replace(record=Gamma)
FORMS = {
    "gaussian": Form(record=Mixture, shapes=_with_covariances),
    "student": _STUDENT,
    "student_shared": _STUDENT,
    "student_fixed": _STUDENT,
    "rician": _RICIAN,
    "rician_each": _RICIAN,
    "gamma": _GAMMA,
    "gamma_fixed": _GAMMA,
    "lognormal": Form(record=LogNormal, shapes=_with_covariances, support="positive"),
    "poisson": Form(record=Poisson, shapes=_of_channels(1), support="counts", covariance_types=("diag",)),
}
