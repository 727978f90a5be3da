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
from ..mixtures.records import Mixture, Moments
from ..networks import layers
from .records import DeepModel, Evaluation

EvaluationAndGradient = tuple[Evaluation, np.ndarray]


def nll_v(
    logits: np.ndarray,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """NLL_V [SV1] at Π, and μ, Σ of [DG3]: the loss of deepSVG. Its gradient: [DG4], [DG5]."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    proportions, softmax_pullback = layers.softmax(_columns(logits))
    found = _M_STEP_WEIGHTS[model.m_step_weights](proportions, pixels, previous, w, floor, kind)
    mixture = Mixture(proportions=proportions @ w / w.sum(), means=found.means, covariances=found.covariances)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    gamma, log_likelihood = gaussian.posterior(gaussian.safe_log(proportions), densities)
    through = _M_STEP_GRADIENT[model.m_step_gradient](gamma, mixture, found, pixels, w, floor, kind)
    gradient = softmax_pullback(through) + w / w.sum() * (proportions - gamma)  # [DG5], [DG4]
    value = mean_nll(log_likelihood, w)
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


def nll(
    logits: np.ndarray,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """NLL [EM2] at π = mean Π, and μ, Σ of [DG3]: the loss of deepG. Its gradient: at π, and [DG5]."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    proportions, softmax_pullback = layers.softmax(_columns(logits))
    found = _M_STEP_WEIGHTS[model.m_step_weights](proportions, pixels, previous, w, floor, kind)
    mixture = Mixture(proportions=proportions @ w / w.sum(), means=found.means, covariances=found.covariances)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    of_mean, log_likelihood = gaussian.posterior(gaussian.safe_log(mixture.proportions)[:, None], densities)
    d_mean = -np.exp(densities - log_likelihood) @ w / w.sum()
    through = _M_STEP_GRADIENT[model.m_step_gradient](of_mean, mixture, found, pixels, w, floor, kind)
    gradient = softmax_pullback(d_mean[:, None] * w / w.sum() + through)
    value = mean_nll(log_likelihood, w)
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


def free_energy(
    logits: np.ndarray,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> EvaluationAndGradient:
    """F [VE1], [VE4] at q = Π and the mixture after the damped M-step [VE3]. Its gradient: [VE2]."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    proportions, _ = layers.softmax(_columns(logits))
    found = gaussian.moments(pixels, proportions, w, floor, previous, kind)
    estimate = Mixture(proportions=proportions @ w / w.sum(), means=found.means, covariances=found.covariances)
    mixture = gaussian.blend(previous, estimate, damping, kind)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    value = free_energy_of(proportions, mixture, pixels, w, kind, model.contamination)
    joint = _log_joint(pixels, mixture, kind, model.contamination)
    # [VE2] through the softmax, where its + 1 cancels
    excess = log_softmax(_columns(logits), axis=0) - np.where(proportions > 0, joint, 0)
    gradient = w / w.sum() * proportions * (excess - (proportions * excess).sum(axis=0))
    return _evaluation(value, found, mixture, proportions, gamma, logits), gradient.reshape(logits.shape)


OBJECTIVES = {"nll_v": nll_v, "nll": nll, "free_energy": free_energy}


def free_energy_of(
    proportions: np.ndarray,
    mixture: Mixture,
    pixels: np.ndarray,
    weights: np.ndarray,
    covariance_type: str = "diag",
    contamination: float = 0.0,
) -> float:
    """F = (1/N) Σ_x w Σ_k q_k(x) (log q_k(x) − log π_k − log N(I(x)|μ_k,Σ_k)) [VE1].

    proportions: q (K, N). mixture: with π (K,). pixels: (M, N). weights: (N,). covariance_type: of the mixture.
    contamination: ε [VE4].
    """
    joint = _log_joint(pixels, mixture, covariance_type, contamination)
    divergence = xlogy(proportions, proportions) - proportions * np.where(proportions > 0, joint, 0)
    return float(divergence.sum(axis=0) @ weights / weights.sum())


def _by_prior(
    proportions: np.ndarray,
    pixels: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    covariance_type: str,
) -> Moments:
    """[DG3] with r = Π."""
    return gaussian.moments(pixels, proportions, weights, floor, previous, covariance_type)


def _by_posterior(
    proportions: np.ndarray,
    pixels: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    covariance_type: str,
) -> Moments:
    """[DG3] with r = γ by [SV2], under the mixture of the step before."""
    densities = gaussian.log_density(pixels, previous.means, previous.covariances, covariance_type)
    gamma, _ = gaussian.posterior(gaussian.safe_log(proportions), densities)
    return gaussian.moments(pixels, gamma, weights, floor, previous, covariance_type)


_M_STEP_WEIGHTS = {"prior": _by_prior, "posterior": _by_posterior}


def _through(
    gamma: np.ndarray,
    mixture: Mixture,
    found: Moments,
    pixels: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    covariance_type: str,
) -> np.ndarray:
    """The gradient at Π through the moments [DG5], for a loss whose posterior is γ (K, N)."""
    cotangent = -weights * gamma / weights.sum()
    d_means, d_covariances = gaussian.log_density_pullback(pixels, mixture, cotangent, covariance_type)
    return gaussian.moments_pullback(pixels, weights, floor, found, d_means, d_covariances, covariance_type)


def _held(gamma: np.ndarray, *_: object) -> np.ndarray:
    """The moments are constants: nothing comes through them."""
    return np.zeros_like(gamma)


_M_STEP_GRADIENT: dict[str, Callable[..., np.ndarray]] = {"through": _through, "held": _held}


def _evaluation(
    value: float, found: Moments, mixture: Mixture, proportions: np.ndarray, gamma: np.ndarray, logits: np.ndarray
) -> Evaluation:
    return Evaluation(
        value=value,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=proportions.reshape(logits.shape),
        responsibilities=gamma.reshape(logits.shape),
    )


def _log_joint(pixels: np.ndarray, mixture: Mixture, covariance_type: str, contamination: float) -> np.ndarray:
    """log π_k + log N(x|μ_k,Σ_k) (K, N); for a share ε of the pixels, x says nothing about k [VE4]."""
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    log_proportions = gaussian.safe_log(mixture.proportions)[:, None]
    joint = log_proportions + densities
    if contamination == 0:
        return joint
    of_any = np.log(contamination) + log_proportions + logsumexp(joint, axis=0)
    return np.logaddexp(np.log1p(-contamination) + joint, of_any)


def _columns(maps: np.ndarray) -> np.ndarray:
    """Maps (C, *spatial) as columns (C, N)."""
    return maps.reshape(len(maps), -1)
