"""The loop of Algorithms 1 and 2 on the device; see `reference.em`."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.types import Fit, Mixture, Moments, Status

EStep = Callable[[jax.Array, Mixture, str], tuple[jax.Array, jax.Array]]
MStep = Callable[[jax.Array, jax.Array, jax.Array, jax.Array, Mixture, str], tuple[Mixture, Moments]]


def run(
    e_step: EStep,
    m_step: MStep,
    pixels: jax.Array,
    start: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """See `reference.em.run`. One compiled loop; nothing returns to the host before it ends."""
    loop = _run(e_step, m_step, pixels, start, weights, floor, covariance_type, tol, max_iter)
    history = np.asarray(loop.history)[: int(loop.t) + 1]
    labels = loop.responsibilities.argmax(axis=0)
    status = Status(int(loop.status))
    return Fit(loop.mixture, loop.responsibilities, labels, loop.nll, history, status, loop.degenerate)


def mean_nll(log_likelihood: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.em.mean_nll` [EM2], [SV1]."""
    return -jnp.vdot(weights, log_likelihood, precision=jax.lax.Precision.HIGHEST) / weights.sum()


class _Loop(NamedTuple):
    """The loop after t M-steps; all but `t`, `history` and `status` belong to the last finite NLL."""

    t: jax.Array
    mixture: Mixture
    responsibilities: jax.Array
    nll: jax.Array
    history: jax.Array
    status: jax.Array
    degenerate: jax.Array


@partial(jax.jit, static_argnames=("e_step", "m_step", "covariance_type", "max_iter"))
def _run(
    e_step: EStep,
    m_step: MStep,
    pixels: jax.Array,
    start: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> _Loop:
    def turn(loop: _Loop) -> _Loop:
        mixture, found = m_step(pixels, loop.responsibilities, weights, floor, loop.mixture, covariance_type)
        responsibilities, log_likelihood = e_step(pixels, mixture, covariance_type)
        t, nll = loop.t + 1, mean_nll(log_likelihood, weights)
        status = jnp.where(t >= max_iter, Status.max_steps, Status.running)
        status = jnp.where(loop.nll - nll < tol, Status.converged, status)
        status = jnp.where(jnp.isfinite(nll), status, Status.non_finite)
        new = mixture, responsibilities, nll, found.degenerate
        old = loop.mixture, loop.responsibilities, loop.nll, loop.degenerate
        kept = jax.tree.map(partial(jnp.where, jnp.isfinite(nll)), new, old)
        mixture, responsibilities, kept_nll, degenerate = kept
        history = loop.history.at[t].set(nll)
        return _Loop(t, mixture, responsibilities, kept_nll, history, status, degenerate)

    responsibilities, log_likelihood = e_step(pixels, start, covariance_type)
    nll = mean_nll(log_likelihood, weights)
    status = jnp.where(jnp.isfinite(nll), Status.running if max_iter else Status.max_steps, Status.non_finite)
    history = jnp.full(max_iter + 1, jnp.nan, nll.dtype).at[0].set(nll)
    degenerate = jnp.zeros(len(start.means), bool)
    first = _Loop(jnp.asarray(0), start, responsibilities, nll, history, status, degenerate)
    return jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, first)
