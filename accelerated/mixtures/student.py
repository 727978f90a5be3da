"""Student distributions [NG2], [NG3]; see `reference.mixtures.student`."""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.forms import LEAST_DEGREES
from deepmix.reference.mixtures.records import Estimate, Mixture, Student
from deepmix.reference.mixtures.student import GREATEST, START, StudentSums

from ..execution import rows
from . import digamma, gaussian
from ._powers import powers
from ._stirling import stirling
from .covariances import COVARIANCES


def log_density(pixels: jax.Array, mixture: Student, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.student.log_density` [NG2]."""
    m, half = len(pixels), mixture.degrees / 2
    distance, log_det = squared_distances(pixels, mixture, covariance_type)
    both = half + m / 2  # log Γ(both) − log Γ(half) would cancel for large ν
    constant = both * jnp.log1p(m / (2 * half)) - m / 2 * (1 + jnp.log(2 * jnp.pi)) - 0.5 * log_det
    constant = constant + stirling(half) - stirling(both)

    def of_class(constant: jax.Array, half: jax.Array, distance: jax.Array) -> jax.Array:
        return constant - (half + m / 2) * jnp.log1p(distance * (0.5 / half))

    return rows.each(of_class, constant, half, distance)


def squared_distances(
    pixels: jax.Array, mixture: Student, covariance_type: str = "diag"
) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.student.squared_distances` [NG2]."""
    kind = COVARIANCES[covariance_type]
    whitening, log_det = kind.whitening(mixture.means, mixture.covariances)
    written_out = len(kind.pairs(len(pixels))) <= rows.OPERATIONS

    def of_class(mean: jax.Array, whitening: jax.Array) -> jax.Array:
        along = rows.apart(pixels, written_out), rows.apart(mean[:, None], written_out)
        return kind.squared_norm(whitening, jax.tree.map(jnp.subtract, *along))

    return rows.each(of_class, mixture.means, whitening), jnp.broadcast_to(log_det, len(mixture.means))


def precisions(pixels: jax.Array, mixture: Student, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.student.precisions` [NG3]."""
    distance, _ = squared_distances(pixels, mixture, covariance_type)
    degrees = mixture.degrees[:, None]
    return (degrees + len(pixels)) / (degrees + distance)


def statistics(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    previous: Student,
    covariance_type: str = "diag",
) -> StudentSums:
    """See `reference.mixtures.student.statistics` [NG3]; for diag and spherical, `second` has diagonals (K, M)."""
    return about(pixels, weights * responsibilities, previous, previous.means, covariance_type)


def about(
    pixels: jax.Array, share: jax.Array, previous: Student, centres: jax.Array, covariance_type: str
) -> StudentSums:
    """The sums with d = x − c about centres c (K, M). share: w r (K, N)."""
    distance, _ = squared_distances(pixels, previous, covariance_type)
    degrees = previous.degrees[:, None]
    constant = (degrees + len(pixels)) / degrees
    log_u = jnp.log(constant) - jnp.log1p(distance * (1 / degrees))  # the logarithm of the E-step
    u = (degrees + len(pixels)) / (degrees + distance)
    weights, first, second = powers(pixels, share * u, centres, covariance_type)
    return StudentSums(
        counts=share.sum(axis=-1),
        weights=weights,
        first=first,
        second=second,
        excess=(share * (u - 1 - log_u)).sum(axis=-1),
    )


def estimate(
    statistics: StudentSums,
    floor: jax.Array,
    previous: Student,
    covariance_type: str = "diag",
    degrees: str = "each",
    *,
    centres: jax.Array | None = None,
) -> Estimate:
    """See `reference.mixtures.student.estimate` [NG3]. centres: (K, M) of the sums, if not μ before."""
    counts, total, first, second, excess = statistics
    begin = previous.means if centres is None else centres
    empty = gaussian.degenerate(counts)
    n, of_u = jnp.where(empty, 1, counts), jnp.where(empty, 1, total)
    shift = jnp.where(empty[:, None], 0, first / of_u[:, None])
    apart = COVARIANCES[covariance_type].outer(shift)
    along = (-1, *[1] * (apart.ndim - 1))
    scatter = (second - of_u.reshape(along) * apart) / n.reshape(along)
    s = excess / n + digamma.log_minus_digamma((previous.degrees + len(floor)) / 2)
    degrees_of = DEGREES[degrees]
    found = previous._replace(
        means=jnp.where(empty[:, None], previous.means, begin + shift),
        covariances=gaussian.covariances(counts, scatter, floor, previous, covariance_type),
        degrees=jax.lax.stop_gradient(jnp.where(empty, previous.degrees, degrees_of(s, counts, previous.degrees))),
    )
    return Estimate(counts=counts, mixture=found, degenerate=empty)


def _of_each(s: jax.Array, counts: jax.Array, previous: jax.Array) -> jax.Array:
    return jnp.maximum(2 * digamma.inverse(s, GREATEST / 2), LEAST_DEGREES)


def _of_all(s: jax.Array, counts: jax.Array, previous: jax.Array) -> jax.Array:
    of_all = _of_each((counts * s).sum(keepdims=True) / counts.sum(), counts, previous)
    return jnp.broadcast_to(of_all, s.shape)


DEGREES = {"each": _of_each, "shared": _of_all, "fixed": lambda s, counts, previous: previous}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Student:
    """See `reference.mixtures.student.of_gaussians` [NG3]."""
    means = jnp.asarray(mixture.means)
    return Student(**mixture._asdict(), degrees=jnp.full(len(means), START, means.dtype))
