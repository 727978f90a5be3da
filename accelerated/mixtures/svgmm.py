"""Algorithm 2: EM for the spatially variant mixture [SV]; see `reference.mixtures.svgmm`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from deepmix.reference.mixtures.records import Fit, Mixture, Moments

from ..execution.arrays import cast, floating
from ..execution.rows import greatest
from . import _problem, _sums, em, gaussian, gmm


def e_step(pixels: jax.Array, mixture: Mixture, covariance_type: str = "diag") -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.svgmm.e_step` [SV2]."""
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
    """See `reference.mixtures.svgmm.m_step` [SV3]."""
    found = gaussian.moments(pixels, responsibilities, weights, floor, previous, covariance_type)
    return Mixture(proportions=responsibilities, means=found.means, covariances=found.covariances), found


def nll(pixels: jax.Array, mixture: Mixture, weights: jax.Array, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.svgmm.nll` [SV1]."""
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
    mesh: Mesh | None = None,
) -> Fit:
    """See `reference.mixtures.svgmm.fit`, Algorithm 2. mesh: devices that share the pixels."""
    parts = 1 if mesh is None else mesh.size
    posed = _problem.pose(pixels, start, weights, floor, covariance_type, per_pixel=True, parts=parts)
    if mesh is None:
        posed = _problem.with_floor(posed)
        solved = solve(*posed, covariance_type=covariance_type, tol=tol, max_iter=max_iter)
    else:
        solved = _problem.solve_on_mesh(_algorithm, posed, tol, covariance_type, max_iter, mesh)
    return _problem.unpack(solved, np.shape(pixels)[1])


@partial(jax.jit, static_argnames=("covariance_type", "max_iter"))
def solve(
    pixels: jax.Array,
    start: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    *,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """See `reference.mixtures.svgmm.solve`; one program, its history at full length: NaN after the end."""
    posed = _problem.Problem(pixels=pixels, start=start, weights=weights, floor=floor)
    return _algorithm(posed, tol, covariance_type, max_iter, ())


def fit_batch(
    pixels: jax.Array,
    starts: Mixture,
    weights: jax.Array | None = None,
    *,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
    lanes: int | None = None,
) -> list[Fit]:
    """`fit` of B images at once. starts: with Π (B, K, N); the rest as in `mixtures.gmm.fit_batch`."""
    options = covariance_type, tol, max_iter, lanes
    return _problem.solve_batch(_algorithm, pixels, starts, weights, floor, *options, per_pixel=True)


def _algorithm(
    posed: _problem.Problem, tol: jax.Array | float, covariance_type: str, max_iter: int, axes: tuple[str, ...]
) -> Fit:
    pixels, start, weights, floor = posed

    def step(mixture: Mixture) -> tuple[jax.Array, Mixture, jax.Array]:
        responsibilities, log_likelihood = e_step(pixels, mixture, covariance_type)

        def about(centres: jax.Array) -> _sums.Sums:
            return _sums.of_responsibilities(
                pixels, responsibilities, log_likelihood, weights, centres, covariance_type
            )

        totals, found = _sums.settle(about, mixture, floor, covariance_type, axes)
        following = Mixture(proportions=responsibilities, means=found.means, covariances=found.covariances)
        return -totals.log_likelihood / totals.weight, following, found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, covariance_type)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=greatest(ended.mixture.proportions))


def begin(pixels: jax.Array, mixture: Mixture, covariance_type: str = "diag") -> Mixture:
    """See `reference.mixtures.svgmm.begin`."""
    x = jnp.asarray(floating(pixels))
    mixture = cast(mixture, x.dtype)
    responsibilities, _ = gmm.e_step(x, mixture, covariance_type)
    return Mixture(proportions=responsibilities, means=mixture.means, covariances=mixture.covariances)
