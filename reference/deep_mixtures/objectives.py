"""What Algorithms 3 and 4 minimise, each at the network's logits z with its gradient there [DG], [VE].

`OBJECTIVES` holds them by the names of `DeepModel.objective`. Arguments of all: logits (K, *spatial); image
(M, *spatial); previous, the mixture of the step before; weights (*spatial); floor (M,) [G3]; damping, ρ of the
free energy's M-step [VE3]. They return the `Evaluation` and ∂value/∂z (K, *spatial).
"""

from collections.abc import Callable

import numpy as np
from scipy.special import log_softmax, logsumexp, xlogy

from ..mixtures import gaussian
from ..mixtures.em import mean_nll
from ..mixtures.families import FAMILIES, Found
from ..mixtures.records import AnyMixture
from ..networks import layers
from .records import DeepModel, Evaluation

EvaluationAndGradient = tuple[Evaluation, np.ndarray]


def nll_v(
    logits: np.ndarray,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """NLL_V [SV1] at Π, and μ, Σ of [DG3]: the loss of deepSVG. Its gradient: [DG4], [DG5]."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    proportions, softmax_pullback = layers.softmax(_columns(logits))
    r = _M_STEP_WEIGHTS[model.m_step_weights](proportions, pixels, previous, model)
    following, found = family.estimate(pixels, r, w, floor, previous, model.covariance_type)
    mixture = following._replace(proportions=proportions @ w / w.sum())
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, log_likelihood = gaussian.posterior(gaussian.safe_log(proportions), densities)
    surroundings = pixels, w, floor, found, previous, model
    through = _M_STEP_GRADIENT[model.m_step_gradient](gamma, proportions, mixture, *surroundings)
    gradient = softmax_pullback(through) + w / w.sum() * (proportions - gamma)  # [DG5], [DG4]
    value = mean_nll(log_likelihood, w)
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


def nll(
    logits: np.ndarray,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """NLL [EM2] at π = mean Π, and μ, Σ of [DG3]: the loss of deepG. Its gradient: at π, and [DG5]."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    proportions, softmax_pullback = layers.softmax(_columns(logits))
    r = _M_STEP_WEIGHTS[model.m_step_weights](proportions, pixels, previous, model)
    following, found = family.estimate(pixels, r, w, floor, previous, model.covariance_type)
    mixture = following._replace(proportions=proportions @ w / w.sum())
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    of_mean, log_likelihood = gaussian.posterior(gaussian.safe_log(mixture.proportions)[:, None], densities)
    d_mean = -np.exp(densities - log_likelihood) @ w / w.sum()
    surroundings = pixels, w, floor, found, previous, model
    through = _M_STEP_GRADIENT[model.m_step_gradient](of_mean, proportions, mixture, *surroundings)
    gradient = softmax_pullback(d_mean[:, None] * w / w.sum() + through)
    value = mean_nll(log_likelihood, w)
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


def free_energy(
    logits: np.ndarray,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """F [VE1], [VE4] at q = Π and the mixture after the damped M-step [VE3]. Its gradient: [VE2]."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    proportions, _ = layers.softmax(_columns(logits))
    following, found = family.estimate(pixels, proportions, w, floor, previous, model.covariance_type)
    estimate = following._replace(proportions=proportions @ w / w.sum())
    mixture = family.blend(previous, estimate, damping, model.covariance_type)
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    value = free_energy_of(
        proportions, mixture, pixels, w, model.covariance_type, model.contamination, model.family
    )
    joint = _log_joint(mixture, densities, model.contamination)
    # [VE2] through the softmax, where its + 1 cancels
    excess = log_softmax(_columns(logits), axis=0) - np.where(proportions > 0, joint, 0)
    gradient = w / w.sum() * proportions * (excess - (proportions * excess).sum(axis=0))
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


OBJECTIVES = {"nll_v": nll_v, "nll": nll, "free_energy": free_energy}


def free_energy_of(
    proportions: np.ndarray,
    mixture: AnyMixture,
    pixels: np.ndarray,
    weights: np.ndarray,
    covariance_type: str = "diag",
    contamination: float = 0.0,
    family: str = "gaussian",
) -> float:
    """F = (1/N) Σ_x w Σ_k q_k(x) (log q_k(x) − log π_k − log N(I(x)|μ_k,Σ_k)) [VE1].

    proportions: q (K, N). mixture: with π (K,). pixels: (M, N). weights: (N,). covariance_type: of the mixture.
    contamination: ε [VE4]. family: of the densities, in place of N.
    """
    densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    joint = _log_joint(mixture, densities, contamination)
    divergence = xlogy(proportions, proportions) - proportions * np.where(proportions > 0, joint, 0)
    return float(divergence.sum(axis=0) @ weights / weights.sum())


def _prior(proportions: np.ndarray, *_: object) -> np.ndarray:
    """r = Π of [DG3]."""
    return proportions


def _posterior(proportions: np.ndarray, pixels: np.ndarray, previous: AnyMixture, model: DeepModel) -> np.ndarray:
    """r = γ of [DG3] by [SV2], under the mixture of the step before."""
    densities = FAMILIES[model.family].log_density(pixels, previous, model.covariance_type)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    return gamma


_M_STEP_WEIGHTS: dict[str, Callable[..., np.ndarray]] = {"prior": _prior, "posterior": _posterior}


def _through(
    gamma: np.ndarray,
    proportions: np.ndarray,
    mixture: AnyMixture,
    pixels: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    found: Found,
    previous: AnyMixture,
    model: DeepModel,
) -> np.ndarray:
    """The gradient at Π through the M-step [DG5], [NG10], for a loss whose posterior is γ (K, N)."""
    family, kind = FAMILIES[model.family], model.covariance_type
    cotangent = -weights * gamma / weights.sum()
    at_parameters = family.log_density_pullback(pixels, mixture, cotangent, kind)
    return family.estimate_pullback(pixels, proportions, weights, floor, found, previous, at_parameters, kind)


def _held(gamma: np.ndarray, *_: object) -> np.ndarray:
    """The moments are constants: nothing comes through them."""
    return np.zeros_like(gamma)


_M_STEP_GRADIENT: dict[str, Callable[..., np.ndarray]] = {"through": _through, "held": _held}


def _evaluation(
    value: float, found: Found, mixture: AnyMixture, proportions: np.ndarray, gamma: np.ndarray, logits: np.ndarray
) -> Evaluation:
    return Evaluation(
        value=value,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=proportions.reshape(logits.shape),
        responsibilities=gamma.reshape(logits.shape),
    )


def _log_joint(mixture: AnyMixture, densities: np.ndarray, contamination: float) -> np.ndarray:
    """log π_k + log N(x|μ_k,Σ_k) (K, N); for a share ε of the pixels, x says nothing about k [VE4]."""
    log_proportions = gaussian.safe_log(mixture.proportions)[:, None]
    joint = log_proportions + densities
    if contamination == 0:
        return joint
    of_any = np.log(contamination) + log_proportions + logsumexp(joint, axis=0)
    return np.logaddexp(np.log1p(-contamination) + joint, of_any)


def _columns(maps: np.ndarray) -> np.ndarray:
    """Maps (C, *spatial) as columns (C, N)."""
    return maps.reshape(len(maps), -1)
