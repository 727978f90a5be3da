"""What a segmentation asks of a mixture of any family: its start, order, classes in the image's unit, outliers."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepmix.backends import over_weighted_pixels
from deepmix.reference.mixtures.covariances import COVARIANCES
from deepmix.reference.mixtures.forms import n_components
from deepmix.reference.mixtures.records import AnyMixture, Gamma, LogNormal, Mixture, Poisson, Rician, Student

from .covariances import holds_matrices
from .distributions import DistributionSettings


class Classes(NamedTuple):
    """The classes of a mixture in the unit of the image.

    means: (K, M). covariances: in that unit squared, by covariance type; of student Σ, which differs from them.
    parameters: those that only the family has, by name, in the unit of the image.
    """

    means: np.ndarray
    covariances: np.ndarray
    parameters: dict[str, np.ndarray]


def begin(
    pixels: np.ndarray,
    start: Mixture,
    settings: DistributionSettings,
    covariance_type: str,
    twin: ModuleType,
    weights: np.ndarray | None = None,
) -> AnyMixture:
    """A Gaussian start as a mixture of the settings' family, with the numbers that they give.

    pixels: (M, N), none that the family does not know. weights: (N,), 1 if not given.
    """
    if settings.family == "gaussian":
        return start
    first = over_weighted_pixels(twin, twin.mixtures.families.begin, "covariance_type", "family")
    w = np.ones(pixels.shape[1], pixels.dtype) if weights is None else weights.astype(pixels.dtype)
    options = {"weights": w, "covariance_type": covariance_type, "family": settings.family}
    return _with_numbers(first(pixels, start, **options), settings)


def _with_numbers(mixture: Any, settings: DistributionSettings) -> AnyMixture:
    """The mixture with the numbers of the settings: ν, looks, or no signal in the darkest class."""
    if settings.family == "student_fixed":
        return mixture._replace(degrees=np.full_like(mixture.degrees, settings.degrees))
    if settings.family == "gamma_fixed":
        shapes = np.full_like(mixture.shapes, settings.looks)
        return mixture._replace(shapes=shapes, rates=mixture.rates * shapes / mixture.shapes)
    if settings.background:
        signals = np.array(mixture.signals)
        signals[signals[:, 0].argmin()] = 0  # a fixed point of EM [NG5]
        return mixture._replace(signals=signals)
    return mixture


def reordered(mixture: AnyMixture, order: np.ndarray, covariance_type: str) -> AnyMixture:
    """The mixture with its classes in an order (K,), its arrays on the host."""
    shared = COVARIANCES[covariance_type].pools
    return type(mixture)(
        **{
            name: np.asarray(array) if name == "covariances" and shared else np.asarray(array)[order]
            for name, array in mixture._asdict().items()
        }
    )


def means(mixture: AnyMixture, covariance_type: str) -> np.ndarray:
    """The mean of each class (K, M), in the unit of the mixture."""
    return _MEANS[type(mixture)](_held(mixture), covariance_type)


def classes(mixture: AnyMixture, centre: np.ndarray, unit: np.ndarray, covariance_type: str) -> Classes:
    """The classes of a mixture of standardised channels, x = (image − centre) / unit, in the unit of the image.

    centre: (M,), 0 but for families that live on all real numbers. unit: (M,).
    """
    held = _held(mixture)
    squares = np.outer(unit, unit) if _has_matrices(held, covariance_type) else unit**2
    return Classes(
        means=_MEANS[type(mixture)](held, covariance_type) * unit + centre,
        covariances=_COVARIANCES[type(mixture)](held, covariance_type) * squares,
        parameters=_PARAMETERS[type(mixture)](held, unit, covariance_type),
    )


def _held(mixture: AnyMixture) -> Any:
    """The mixture with its arrays on the host."""
    return type(mixture)(*map(np.asarray, mixture))


def _has_matrices(mixture: Any, covariance_type: str) -> bool:
    return type(mixture) in (Mixture, Student, LogNormal) and holds_matrices(covariance_type)


def _of_gaussians(mixture: Mixture, covariance_type: str) -> np.ndarray:
    """Σ, with a row for each class where it is variances."""
    given = mixture.covariances
    return given if holds_matrices(covariance_type) else given.reshape(n_components(mixture), -1)


def _rician_means(mixture: Rician, covariance_type: str) -> np.ndarray:
    """σ √(π/2) L(−ν²/2σ²), with Laguerre's function L(−2z) = (1 + 2z) i0e(z) + 2z i1e(z) of order ½."""
    from scipy.special import i0e, i1e  # here, as every command would wait for it

    z = mixture.signals**2 / (4 * mixture.variances)
    return np.sqrt(np.pi / 2 * mixture.variances) * ((1 + 2 * z) * i0e(z) + 2 * z * i1e(z))


def _rician_variances(mixture: Rician, covariance_type: str) -> np.ndarray:
    return 2 * mixture.variances + mixture.signals**2 - _rician_means(mixture, covariance_type) ** 2


def _matrices_of_logs(mixture: LogNormal, covariance_type: str) -> np.ndarray:
    return COVARIANCES[covariance_type].matrices(mixture.covariances, *mixture.means.shape)


def _lognormal_means(mixture: LogNormal, covariance_type: str) -> np.ndarray:
    variances = np.einsum("kii->ki", _matrices_of_logs(mixture, covariance_type))
    return np.exp(mixture.means + variances / 2)


def _lognormal_covariances(mixture: LogNormal, covariance_type: str) -> np.ndarray:
    """mean_i mean_j (exp Σ_ij − 1): matrices, or their diagonals where Σ is variances."""
    of_classes = _lognormal_means(mixture, covariance_type)
    matrices = np.einsum("ki,kj->kij", of_classes, of_classes)
    matrices = matrices * np.expm1(_matrices_of_logs(mixture, covariance_type))
    return matrices if holds_matrices(covariance_type) else np.einsum("kii->ki", matrices)


Of = dict[type, Callable[[Any, str], np.ndarray]]
_MEANS: Of = {
    Mixture: lambda mixture, kind: mixture.means,
    Student: lambda mixture, kind: mixture.means,
    Rician: _rician_means,
    Gamma: lambda mixture, kind: mixture.shapes / mixture.rates,
    LogNormal: _lognormal_means,
    Poisson: lambda mixture, kind: mixture.rates,
}
_COVARIANCES: Of = {
    Mixture: _of_gaussians,
    Student: _of_gaussians,
    Rician: _rician_variances,
    Gamma: lambda mixture, kind: mixture.shapes / mixture.rates**2,
    LogNormal: _lognormal_covariances,
    Poisson: lambda mixture, kind: mixture.rates,
}
_PARAMETERS: dict[type, Callable[[Any, np.ndarray, str], dict[str, np.ndarray]]] = {
    Mixture: lambda mixture, unit, kind: {},
    Student: lambda mixture, unit, kind: {"degrees": mixture.degrees},
    Rician: lambda mixture, unit, kind: {
        "signals": mixture.signals * unit,
        "noise": np.sqrt(mixture.variances) * unit,
        "signal_to_noise": mixture.signals / np.sqrt(mixture.variances),
    },
    Gamma: lambda mixture, unit, kind: {"shapes": mixture.shapes, "rates": mixture.rates / unit},
    LogNormal: lambda mixture, unit, kind: {
        "means_of_logarithms": mixture.means + np.log(unit),
        "deviations_of_logarithms": np.sqrt(np.einsum("kii->ki", _matrices_of_logs(mixture, kind))),
    },
    Poisson: lambda mixture, unit, kind: {"rates": mixture.rates},
}
