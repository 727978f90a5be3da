"""Algorithm 2: EM for the spatially variant mixture [SV]; see `reference.mixtures.svgmm`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.records import AnyMixture, Fit

from ..execution.arrays import cast, floating
from ..execution.rows import greatest
from . import _problem, _sums, em, gaussian, gmm
from .families import FAMILIES, Kind


def e_step(
    pixels: jax.Array, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.svgmm.e_step` [SV2]."""
    log_densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    return gaussian.posterior(jnp.log(mixture.proportions), log_densities)


def m_step(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: AnyMixture,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> tuple[AnyMixture, Found]:
    """See `reference.mixtures.svgmm.m_step` [SV3]."""
    estimate = FAMILIES[family].estimate
    following, found = estimate(pixels, responsibilities, weights, floor, previous, covariance_type)
    return following._replace(proportions=responsibilities), found


def nll(
    pixels: jax.Array,
    mixture: AnyMixture,
    weights: jax.Array,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> jax.Array:
    """See `reference.mixtures.svgmm.nll` [SV1]."""
    _, log_likelihood = e_step(pixels, mixture, covariance_type, family)
    return em.mean_nll(log_likelihood, weights)


def fit(
    pixels: jax.Array,
    start: AnyMixture,
    weights: jax.Array | None = None,
    *,
    covariance_type: str = "diag",
    family: str = "gaussian",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
    mesh: Mesh | None = None,
) -> Fit:
    """See `reference.mixtures.svgmm.fit`, Algorithm 2. mesh: devices that share the pixels."""
    parts = 1 if mesh is None else mesh.size
    kind = Kind(covariance_type=covariance_type, family=family)
    posed = _problem.pose(pixels, start, weights, floor, kind, per_pixel=True, parts=parts)
    if mesh is None:
        posed = _problem.with_floor(posed, family)
        solved = solve(*posed, **kind._asdict(), tol=tol, max_iter=max_iter)
    else:
        solved = _problem.solve_on_mesh(_algorithm, posed, tol, kind, max_iter, mesh)
    return _problem.unpack(solved, np.shape(pixels)[1])


@partial(jax.jit, static_argnames=("covariance_type", "family", "max_iter"))
def solve(
    pixels: jax.Array,
    start: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    *,
    covariance_type: str,
    family: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """See `reference.mixtures.svgmm.solve`; one program, its history at full length: NaN after the end."""
    posed = _problem.Problem(pixels=pixels, start=start, weights=weights, floor=floor)
    kind = Kind(covariance_type=covariance_type, family=family)
    return _algorithm(posed, tol, kind, max_iter, ())


def fit_batch(
    pixels: jax.Array,
    starts: AnyMixture,
    weights: jax.Array | None = None,
    *,
    covariance_type: str = "diag",
    family: str = "gaussian",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
    lanes: int | None = None,
) -> list[Fit]:
    """`fit` of B images at once. starts: with Π (B, K, N); the rest as in `mixtures.gmm.fit_batch`."""
    options = Kind(covariance_type=covariance_type, family=family), tol, max_iter, lanes
    return _problem.solve_batch(_algorithm, pixels, starts, weights, floor, *options, per_pixel=True)


def _algorithm(
    posed: _problem.Problem, tol: jax.Array | float, kind: Kind, max_iter: int, axes: tuple[str, ...]
) -> Fit:
    pixels, start, weights, floor = posed

    def step(mixture: AnyMixture) -> tuple[jax.Array, AnyMixture, jax.Array]:
        responsibilities, log_likelihood = e_step(pixels, mixture, *kind)

        def about(centres: jax.Array) -> _sums.Sums:
            given = pixels, responsibilities, log_likelihood, weights
            return _sums.of_responsibilities(*given, mixture, centres, kind)

        totals, following, found = _sums.settle(about, mixture, floor, kind, axes)
        following = following._replace(proportions=responsibilities)
        return -totals.log_likelihood / totals.weight, following, found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, *kind)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=greatest(ended.mixture.proportions))


def begin(
    pixels: jax.Array, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> AnyMixture:
    """See `reference.mixtures.svgmm.begin`."""
    x = jnp.asarray(floating(pixels))
    mixture = cast(mixture, x.dtype)
    responsibilities, _ = gmm.e_step(x, mixture, covariance_type, family)
    return mixture._replace(proportions=responsibilities)
