"""Algorithm 1: EM for the Gaussian mixture [EM]; see `reference.mixtures.gmm`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from deepmix.reference.mixtures.checks import check_start
from deepmix.reference.mixtures.records import Fit, Mixture, Moments
from deepmix.reference.types import Array, Progress

from ..execution.arrays import floating
from ..execution.rows import greatest
from . import _problem, _streaming, _sums, em, gaussian


def e_step(pixels: jax.Array, mixture: Mixture, covariance_type: str = "diag") -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.gmm.e_step` [EM1]."""
    log_densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    return gaussian.posterior(jnp.log(mixture.proportions)[:, None], log_densities)


def m_step(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: Mixture,
    covariance_type: str = "diag",
) -> tuple[Mixture, Moments]:
    """See `reference.mixtures.gmm.m_step` [EM3]."""
    found = gaussian.moments(pixels, responsibilities, weights, floor, previous, covariance_type)
    return _mixture(found, weights.sum()), found


def nll(pixels: jax.Array, mixture: Mixture, weights: jax.Array, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.gmm.nll` [EM2]."""
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
    """See `reference.mixtures.gmm.fit`, Algorithm 1. mesh: devices that share the pixels."""
    parts = 1 if mesh is None else mesh.size
    posed = _problem.pose(pixels, start, weights, floor, covariance_type, parts=parts)
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
    """See `reference.mixtures.gmm.solve`; one program, its history at full length: NaN after the end."""
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
    """`fit` of B images at once.

    pixels: (B, M, N). starts: a `Mixture` whose arrays have a leading axis B. weights: (B, N), 0 where an
    image has no pixel. floor: (B, M).
    lanes: images side by side; if not given, one on a CPU, which a single image keeps busy, else all.
    Returns the B fits, in NumPy arrays, each as `fit` returns it. Raises ValueError as `fit`.
    """
    options = covariance_type, tol, max_iter, lanes
    return _problem.solve_batch(_algorithm, pixels, starts, weights, floor, *options)


def fit_stream(
    pixels: Array,
    start: Mixture,
    weights: Array | None = None,
    *,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
    chunk: int = 2**20,
    responsibilities: Array | None = None,
    progress: Progress | None = None,
) -> Fit:
    """`fit` of an image larger than memory, which is read in chunks of pixels, once per iteration.

    pixels: (M, N), any object of that shape whose slices are arrays, such as a `numpy.memmap`. weights: (N,), the
    same. chunk: pixels held in memory. responsibilities: (K, N), an array to fill, such as a writable
    `numpy.memmap`. progress: called with t and NLL_t after every pass.
    Returns a `Fit` in NumPy arrays; its labels are small integers, its responsibilities the array given, or None.
    Raises ValueError as `fit`.
    """
    shape = len(start.means), np.shape(pixels)[-1]
    if responsibilities is not None and (responsibilities.shape != shape or not responsibilities.flags.writeable):
        raise ValueError(f"responsibilities must be writable and of shape {shape}, got {responsibilities.shape}")
    source = _streaming.survey(pixels, weights, chunk, len(start.means))
    check_start(start, pixels, covariance_type)
    dtype = floating(pixels[:, :1]).dtype
    if floor is not None:
        source = source._replace(floor=np.asarray(floor))
    return _streaming.run(
        source,
        jax.tree.map(lambda array: np.asarray(array, dtype), start),
        e_step,
        _mixture,
        covariance_type=covariance_type,
        tol=tol,
        max_iter=max_iter,
        responsibilities=responsibilities,
        progress=progress,
    )


def _algorithm(
    posed: _problem.Problem, tol: jax.Array | float, covariance_type: str, max_iter: int, axes: tuple[str, ...]
) -> Fit:
    pixels, start, weights, floor = posed

    def step(mixture: Mixture) -> tuple[jax.Array, Mixture, jax.Array]:
        def about(centres: jax.Array) -> _sums.Sums:
            return _sums.of_mixture(e_step, pixels, weights, mixture, centres, covariance_type)

        totals, found = _sums.settle(about, mixture, floor, covariance_type, axes)
        return -totals.log_likelihood / totals.weight, _mixture(found, totals.weight), found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, covariance_type)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=greatest(responsibilities))


def _mixture(found: Moments, weight: jax.Array) -> Mixture:
    proportions = jnp.where(found.degenerate, 0, found.counts / weight)
    return Mixture(proportions=proportions, means=found.means, covariances=found.covariances)
