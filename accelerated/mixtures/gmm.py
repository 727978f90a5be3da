"""Algorithm 1: EM for the Gaussian mixture [EM]; see `reference.mixtures.gmm`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from deepmix.reference.mixtures.checks import check_family, check_start
from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.forms import n_components
from deepmix.reference.mixtures.records import AnyMixture, Fit
from deepmix.reference.types import Array, Progress

from ..execution.arrays import floating
from ..execution.rows import greatest
from . import _problem, _streaming, _sums, em, gaussian
from .families import FAMILIES, Kind


def e_step(
    pixels: jax.Array, mixture: AnyMixture, covariance_type: str = "diag", family: str = "gaussian"
) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.gmm.e_step` [EM1]."""
    log_densities = FAMILIES[family].log_density(pixels, mixture, covariance_type)
    return gaussian.posterior(jnp.log(mixture.proportions)[:, None], log_densities)


def m_step(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    previous: AnyMixture,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> tuple[AnyMixture, Found]:
    """See `reference.mixtures.gmm.m_step` [EM3]."""
    estimate = FAMILIES[family].estimate
    following, found = estimate(pixels, responsibilities, weights, floor, previous, covariance_type)
    return _mixture(following, found, weights.sum()), found


def nll(
    pixels: jax.Array,
    mixture: AnyMixture,
    weights: jax.Array,
    covariance_type: str = "diag",
    family: str = "gaussian",
) -> jax.Array:
    """See `reference.mixtures.gmm.nll` [EM2]."""
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
    """See `reference.mixtures.gmm.fit`, Algorithm 1. mesh: devices that share the pixels."""
    parts = 1 if mesh is None else mesh.size
    kind = Kind(covariance_type=covariance_type, family=family)
    posed = _problem.pose(pixels, start, weights, floor, kind, parts=parts)
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
    """See `reference.mixtures.gmm.solve`; one program, its history at full length: NaN after the end."""
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
    """`fit` of B images at once.

    pixels: (B, M, N). starts: a `Mixture` whose arrays have a leading axis B. weights: (B, N), 0 where an
    image has no pixel. floor: (B, M).
    lanes: images side by side; if not given, one on a CPU, which a single image keeps busy, else all.
    Returns the B fits, in NumPy arrays, each as `fit` returns it. Raises ValueError as `fit`.
    """
    options = Kind(covariance_type=covariance_type, family=family), tol, max_iter, lanes
    return _problem.solve_batch(_algorithm, pixels, starts, weights, floor, *options)


def fit_stream(
    pixels: Array,
    start: AnyMixture,
    weights: Array | None = None,
    *,
    covariance_type: str = "diag",
    family: str = "gaussian",
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
    shape = n_components(start), np.shape(pixels)[-1]
    if responsibilities is not None and (responsibilities.shape != shape or not responsibilities.flags.writeable):
        raise ValueError(f"responsibilities must be writable and of shape {shape}, got {responsibilities.shape}")
    check_family(family, covariance_type)
    source = _streaming.survey(pixels, weights, chunk, n_components(start), family)
    check_start(start, pixels, covariance_type, family)
    dtype = floating(pixels[:, :1]).dtype
    if floor is not None:
        source = source._replace(floor=np.asarray(floor))
    return _streaming.run(
        source,
        jax.tree.map(lambda array: np.asarray(array, dtype), start),
        e_step,
        _mixture,
        kind=Kind(covariance_type=covariance_type, family=family),
        tol=tol,
        max_iter=max_iter,
        responsibilities=responsibilities,
        progress=progress,
    )


def _algorithm(
    posed: _problem.Problem, tol: jax.Array | float, kind: Kind, max_iter: int, axes: tuple[str, ...]
) -> Fit:
    pixels, start, weights, floor = posed

    def step(mixture: AnyMixture) -> tuple[jax.Array, AnyMixture, jax.Array]:
        def about(centres: jax.Array) -> _sums.Sums:
            return _sums.of_mixture(e_step, pixels, weights, mixture, centres, kind)

        totals, following, found = _sums.settle(about, mixture, floor, kind, axes)
        following = _mixture(following, found, totals.weight)
        return -totals.log_likelihood / totals.weight, following, found.degenerate

    ended = em.run(step, start, tol, max_iter)
    responsibilities, _ = e_step(pixels, ended.mixture, *kind)
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=greatest(responsibilities))


def _mixture(following: AnyMixture, found: Found, weight: jax.Array) -> AnyMixture:
    """The mixture with π [EM3]. following: with new parameters."""
    return following._replace(proportions=jnp.where(found.degenerate, 0, found.counts / weight))
