"""What Algorithms 3 and 4 minimise, at the network's logits [DG], [VE]; see `reference.deep_mixtures.objectives`.

Each returns the `Evaluation`, whose value JAX differentiates. Proportions are kept as logarithms: a class whose Π
underflows keeps a finite gradient.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from deepmix.reference.deep_mixtures.records import DeepModel, Evaluation
from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.records import AnyMixture

from ..execution.precision import HIGHEST
from ..mixtures import gaussian
from ..mixtures.em import mean_nll
from ..mixtures.families import FAMILIES


def nll_v(
    logits: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
) -> Evaluation:
    """See `reference.deep_mixtures.objectives.nll_v` [SV1]."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    log_proportions = jax.nn.log_softmax(_columns(logits), axis=0)
    r = _M_STEP_WEIGHTS[model.m_step_weights](log_proportions, pixels, previous, model)
    following, found = family.estimate(pixels, r, w, floor, previous, model.covariance_type)
    mixture = _M_STEP_GRADIENT[model.m_step_gradient](_with_mean(following, log_proportions, w))
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, log_likelihood = gaussian.posterior(log_proportions, densities)
    return _evaluation(mean_nll(log_likelihood, w), found, mixture, log_proportions, gamma, logits)


def nll(
    logits: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
) -> Evaluation:
    """See `reference.deep_mixtures.objectives.nll` [EM2]; log π by log-sum-exp, finite for every class."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    log_proportions = jax.nn.log_softmax(_columns(logits), axis=0)
    r = _M_STEP_WEIGHTS[model.m_step_weights](log_proportions, pixels, previous, model)
    following, found = family.estimate(pixels, r, w, floor, previous, model.covariance_type)
    mixture = _M_STEP_GRADIENT[model.m_step_gradient](_with_mean(following, log_proportions, w))
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, _ = gaussian.posterior(log_proportions, densities)
    log_mean = jax.nn.logsumexp(log_proportions, axis=1, b=w) - jnp.log(w.sum())
    _, log_likelihood = gaussian.posterior(log_mean[:, None], densities)
    return _evaluation(mean_nll(log_likelihood, w), found, mixture, log_proportions, gamma, logits)


def free_energy(
    logits: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
) -> Evaluation:
    """See `reference.deep_mixtures.objectives.free_energy` [VE1], [VE3], [VE4]."""
    pixels, w, family = _columns(image), weights.ravel(), FAMILIES[model.family]
    log_proportions = jax.nn.log_softmax(_columns(logits), axis=0)
    r = jnp.exp(log_proportions)
    following, found = family.estimate(pixels, r, w, floor, previous, model.covariance_type)
    estimate = _with_mean(following, log_proportions, w)
    mixture = jax.lax.stop_gradient(family.blend(previous, estimate, damping, model.covariance_type))
    densities = family.log_density(pixels, mixture, model.covariance_type)
    gamma, _ = gaussian.posterior(log_proportions, densities)
    value = _free_energy(log_proportions, mixture, densities, w, model.contamination)
    return _evaluation(value, found, mixture, log_proportions, gamma, logits)


OBJECTIVES = {"nll_v": nll_v, "nll": nll, "free_energy": free_energy}


def free_energy_of(
    proportions: jax.Array,
    mixture: AnyMixture,
    pixels: jax.Array,
    weights: jax.Array,
    covariance_type: str = "diag",
    contamination: float = 0.0,
    family: str = "gaussian",
) -> jax.Array:
    """See `reference.deep_mixtures.objectives.free_energy_of` [VE1]."""
    densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    return _free_energy(jnp.log(proportions), mixture, densities, weights, contamination)


def _prior(log_proportions: jax.Array, *_: object) -> jax.Array:
    """r = Π of [DG3]."""
    return jnp.exp(log_proportions)


def _posterior(log_proportions: jax.Array, pixels: jax.Array, previous: AnyMixture, model: DeepModel) -> jax.Array:
    """r = γ of [DG3] by [SV2], under the mixture of the step before."""
    densities = FAMILIES[model.family].log_density(pixels, previous, model.covariance_type)
    gamma, _ = gaussian.posterior(log_proportions, densities)
    return gamma


_M_STEP_WEIGHTS: dict[str, Callable[..., jax.Array]] = {"prior": _prior, "posterior": _posterior}
_M_STEP_GRADIENT = {"through": lambda mixture: mixture, "held": jax.lax.stop_gradient}


def _with_mean(mixture: AnyMixture, log_proportions: jax.Array, weights: jax.Array) -> AnyMixture:
    """The mixture with π = mean Π."""
    mean = jnp.matmul(jnp.exp(log_proportions), weights, precision=HIGHEST) / weights.sum()
    return mixture._replace(proportions=mean)


def _evaluation(
    value: jax.Array,
    found: Found,
    mixture: AnyMixture,
    log_proportions: jax.Array,
    gamma: jax.Array,
    logits: jax.Array,
) -> Evaluation:
    return Evaluation(
        value=value,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=jnp.exp(log_proportions).reshape(logits.shape),
        responsibilities=gamma.reshape(logits.shape),
    )


def _free_energy(
    log_proportions: jax.Array,
    mixture: AnyMixture,
    log_densities: jax.Array,
    weights: jax.Array,
    contamination: jax.Array | float,
) -> jax.Array:
    """F [VE1], [VE4] from log q (K, N); a class without a share of a pixel adds 0 to value and gradient."""
    proportions, log_mean = jnp.exp(log_proportions), jnp.log(mixture.proportions)[:, None]
    log_joint = log_mean + log_densities
    of_any = jnp.log(contamination) + log_mean + jax.nn.logsumexp(log_joint, axis=0)
    log_joint = jnp.logaddexp(jnp.log1p(-contamination) + log_joint, of_any)
    excess = jnp.where(proportions > 0, log_proportions - log_joint, 0)
    return jnp.vdot((proportions * excess).sum(axis=0), weights, precision=HIGHEST) / weights.sum()


def _columns(maps: jax.Array) -> jax.Array:
    """Maps (C, *spatial) as columns (C, N)."""
    return maps.reshape(len(maps), -1)
