"""Algorithm 2: EM for the spatially variant mixture [SV]; see `reference.svgmm`."""

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_pixels, check_start
from deepmix.reference.types import Fit, Mixture, Moments

from . import em, gaussian, gmm
from .arrays import cast, floating


def e_step(pixels: jax.Array, mixture: Mixture, covariance_type: str = "diag") -> tuple[jax.Array, jax.Array]:
    """See `reference.svgmm.e_step` [SV2]."""
    log_densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    return gaussian.posterior(jnp.log(mixture.proportions), log_densities)


def m_step(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: Mixture,
    covariance_type: str = "diag",
) -> tuple[Mixture, Moments]:
    """See `reference.svgmm.m_step` [SV3]."""
    found = gaussian.moments(pixels, responsibilities, weights, floor, previous, covariance_type)
    return Mixture(responsibilities, found.means, found.covariances), found


def nll(pixels: jax.Array, mixture: Mixture, weights: jax.Array, covariance_type: str = "diag") -> jax.Array:
    """See `reference.svgmm.nll` [SV1]."""
    _, log_likelihood = e_step(pixels, mixture, covariance_type)
    return em.mean_nll(log_likelihood, weights)


def fit(
    pixels: jax.Array,
    start: Mixture,
    weights: jax.Array | None = None,
    *,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
) -> Fit:
    """See `reference.svgmm.fit`, Algorithm 2."""
    checked = check_pixels(floating(pixels), weights, len(start.means))
    check_start(start, checked[0], covariance_type, per_pixel=True)
    x, w = map(jnp.asarray, checked)
    floor = gaussian.variance_floor(x, w) if floor is None else jnp.asarray(floor, x.dtype)
    start = cast(start, x.dtype)
    known = jnp.isfinite(start.proportions) | (w > 0)
    start = start._replace(proportions=jnp.where(known, start.proportions, 1 / len(start.means)))
    fitted = em.run(e_step, m_step, x, start, w, floor, covariance_type, tol, max_iter)
    return fitted._replace(labels=fitted.mixture.proportions.argmax(axis=0))


def begin(pixels: jax.Array, mixture: Mixture, covariance_type: str = "diag") -> Mixture:
    """See `reference.svgmm.begin`."""
    x = jnp.asarray(floating(pixels))
    mixture = cast(mixture, x.dtype)
    responsibilities, _ = gmm.e_step(x, mixture, covariance_type)
    return Mixture(responsibilities, mixture.means, mixture.covariances)
