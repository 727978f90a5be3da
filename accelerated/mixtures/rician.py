"""Rician distributions [NG4], [NG5]; see `reference.mixtures.rician`."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import i0e, i1e

from deepmix.reference.mixtures.records import Estimate, Mixture, Rician
from deepmix.reference.mixtures.rician import COEFFICIENTS, KOAY_STEPS, SERIES, RicianSums

from ..execution import rows
from . import _bessel, gaussian
from .covariances import COVARIANCES


def log_density(pixels: jax.Array, mixture: Rician, covariance_type: str = "diag") -> jax.Array:
    """See `reference.mixtures.rician.log_density` [NG4]."""
    signals, variances = mixture.signals, mixture.variances
    logs = [jnp.log(channel) for channel in pixels]

    def of_class(signals: jax.Array, variances: jax.Array) -> jax.Array:
        return sum(
            log
            - jnp.log(variance)
            - (x - signal) ** 2 * (0.5 / variance)
            + _log_i0e(x * (signal / variance), log + jnp.log(signal / variance))
            for x, log, signal, variance in zip(pixels, logs, signals, variances, strict=True)
        )

    return rows.in_turn(of_class, signals, variances)


def misalignment(pixels: jax.Array, mixture: Rician) -> jax.Array:
    """See `reference.mixtures.rician.misalignment` [NG5]."""
    z = pixels * mixture.signals[:, :, None] / mixture.variances[:, :, None]
    return _MISALIGNMENTS[z.dtype](z)


@jax.custom_jvp
def _log_i0e(z: jax.Array, log_z: jax.Array) -> jax.Array:
    """log e⁻ᶻ I₀(z), from z and its logarithm."""
    return _LOGARITHMS[z.dtype](z, log_z)


_log_i0e.defjvps(lambda tangent, _, z, log_z: -_MISALIGNMENTS[z.dtype](z) * tangent, None)


def _misalignment(z: jax.Array) -> jax.Array:
    """1 − I₁(z) / I₀(z)."""
    inverse, small = 1 / jnp.where(z < SERIES, SERIES, z), jnp.where(z < SERIES, z, SERIES)
    tail = jnp.zeros_like(z)
    for coefficient in reversed(COEFFICIENTS):
        tail = (tail + coefficient) * inverse
    return jnp.where(z >= SERIES, tail, 1 - i1e(small) / i0e(small))


_LOGARITHMS: dict[Any, Callable[[jax.Array, jax.Array], jax.Array]] = {
    jnp.dtype("float64"): lambda z, log_z: jnp.log(i0e(z)),
    jnp.dtype("float32"): _bessel.log_i0e,
}
_MISALIGNMENTS: dict[Any, Callable[[jax.Array], jax.Array]] = {
    jnp.dtype("float64"): _misalignment,
    jnp.dtype("float32"): _bessel.misalignment,
}


def statistics(
    pixels: jax.Array,
    responsibilities: jax.Array,
    weights: jax.Array,
    previous: Rician,
    covariance_type: str = "diag",
) -> RicianSums:
    """See `reference.mixtures.rician.statistics` [NG5]."""
    return about(pixels, weights * responsibilities, previous, previous.signals, covariance_type)


def about(
    pixels: jax.Array, share: jax.Array, previous: Rician, centres: jax.Array, covariance_type: str
) -> RicianSums:
    """The sums about centres c (K, M) in place of ν. share: w r (K, N)."""

    def of_class(share: jax.Array, centres: jax.Array, ratios: jax.Array) -> RicianSums:
        first, second, lost = [], [], []
        for x, centre, ratio in zip(pixels, centres, ratios, strict=True):
            deviation = x - centre
            first.append((share * deviation).sum())
            second.append((share * deviation**2).sum())
            lost.append((share * x * _MISALIGNMENTS[x.dtype](x * ratio)).sum())
        return RicianSums(
            counts=share.sum(), first=jnp.stack(first), second=jnp.stack(second), lost=jnp.stack(lost)
        )

    return rows.in_turn(of_class, share, centres, previous.signals / previous.variances)


def estimate(
    statistics: RicianSums,
    floor: jax.Array,
    previous: Rician,
    covariance_type: str = "diag",
    noise: str = "shared",
    *,
    centres: jax.Array | None = None,
) -> Estimate:
    """See `reference.mixtures.rician.estimate` [NG5]. centres: (K, M) what the sums are about, if not ν before."""
    counts, first, second, lost = statistics
    begin = previous.signals if centres is None else centres
    empty = gaussian.degenerate(counts)[:, None]
    n = jnp.where(empty, 1, counts[:, None])
    shift = (first - lost) / n
    signals = jnp.where(empty, previous.signals, begin + shift)
    scatter = jnp.where(empty, 0, second / n - shift**2 + 2 * begin * lost / n) / 2
    variances = NOISE[noise](scatter, counts, empty, previous.variances - floor) + floor
    found = previous._replace(signals=signals, variances=variances)
    return Estimate(counts=counts, mixture=found, degenerate=empty[:, 0])


def _of_each(scatter: jax.Array, counts: jax.Array, empty: jax.Array, previous: jax.Array) -> jax.Array:
    return jnp.where(empty, previous, scatter)


def _of_all(scatter: jax.Array, counts: jax.Array, empty: jax.Array, previous: jax.Array) -> jax.Array:
    return jnp.broadcast_to((counts[:, None] * scatter).sum(axis=0) / counts.sum(), scatter.shape)


NOISE = {"shared": _of_all, "each": _of_each}


def of_gaussians(mixture: Mixture, covariance_type: str = "diag") -> Rician:
    """See `reference.mixtures.rician.of_gaussians` [NG5]."""
    means = jnp.asarray(mixture.means)
    variances = COVARIANCES[covariance_type].variances(mixture.covariances, means)
    squared_ratio = means**2 / variances

    def turn(_: jax.Array, theta: jax.Array) -> jax.Array:
        return jnp.sqrt(jnp.maximum(correction(theta) * (1 + squared_ratio) - 2, 0))

    theta = jax.lax.fori_loop(0, KOAY_STEPS, turn, jnp.sqrt(squared_ratio))
    theta = jnp.where(squared_ratio <= jnp.pi / (4 - jnp.pi), 0, theta)
    xi = correction(theta)
    squared_signals = jnp.where(theta > 0, means**2 + (xi - 2) * variances / xi, 0)
    return Rician(
        proportions=mixture.proportions,
        signals=jnp.sqrt(jnp.maximum(squared_signals, 0)),
        variances=variances / xi,
    )


def correction(theta: jax.Array) -> jax.Array:
    """See `reference.mixtures.rician.correction` [NG5]."""
    z = theta**2 / 4
    return 2 + theta**2 - jnp.pi / 8 * ((2 + theta**2) * i0e(z) + theta**2 * i1e(z)) ** 2
