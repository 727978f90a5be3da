"""Fuzzy C-means [FC]; see `reference.fcm`.

Memberships stay in logs, so that powers of them neither overflow nor underflow, and x^m is an exponential:
compilers for CPUs do not vectorise powers.
"""

from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import check_fuzzifier, check_memberships, check_pixels
from deepmix.reference.types import FuzzyFit, Status

from .arrays import aligned, floating
from .gaussian import HIGHEST


class Loop(NamedTuple):
    """The loop after t rounds; the memberships (K, N), in logs, belong to the centres, J to both."""

    t: jax.Array
    log_memberships: jax.Array
    centres: jax.Array
    degenerate: jax.Array
    history: jax.Array
    status: jax.Array


def centres(
    pixels: jax.Array, memberships: jax.Array, weights: jax.Array, previous: jax.Array, fuzzifier: float = 2.0
) -> tuple[jax.Array, jax.Array]:
    """See `reference.fcm.centres` [FC1]."""
    return _centres(pixels, jnp.log(memberships), weights, previous, fuzzifier)


def memberships(pixels: jax.Array, centres: jax.Array, fuzzifier: float = 2.0) -> jax.Array:
    """See `reference.fcm.memberships` [FC2]."""
    return jnp.exp(_log_memberships(squared_distances(pixels, centres), fuzzifier))


def objective(
    pixels: jax.Array, memberships: jax.Array, centres: jax.Array, weights: jax.Array, fuzzifier: float = 2.0
) -> jax.Array:
    """See `reference.fcm.objective` [FC1]."""
    return _objective(squared_distances(pixels, centres), jnp.log(memberships), weights, fuzzifier)


def partition_coefficient(memberships: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.fcm.partition_coefficient`."""
    return jnp.vdot((memberships**2).sum(axis=0), weights, precision=HIGHEST) / weights.sum()


def fit(
    pixels: jax.Array,
    start: jax.Array,
    weights: jax.Array | None = None,
    *,
    fuzzifier: float = 2.0,
    tol: float = 5e-3,
    max_iter: int = 100,
) -> FuzzyFit:
    """See `reference.fcm.fit`."""
    check_fuzzifier(fuzzifier, max_iter)
    x, w = check_pixels(floating(pixels), weights, len(start))
    u = check_memberships(np.asarray(start, x.dtype), w)
    ended, found, coefficient = _solve(aligned(x), aligned(u), aligned(w, 0), fuzzifier, tol, max_iter)
    found = found[:, : x.shape[1]]
    history = np.asarray(ended.history)[: int(ended.t)]
    labels, status = found.argmax(axis=0), Status(int(ended.status))
    return FuzzyFit(ended.centres, found, labels, history[-1], history, coefficient, status, ended.degenerate)


def squared_distances(pixels: jax.Array, centres: jax.Array) -> jax.Array:
    """See `reference.fcm.squared_distances`."""
    rows = [sum((channel - centre[m]) ** 2 for m, channel in enumerate(pixels)) for centre in centres]
    return jnp.stack(rows)


@partial(jax.jit, static_argnames="max_iter")
def _solve(
    pixels: jax.Array, start: jax.Array, weights: jax.Array, fuzzifier: jax.Array, tol: jax.Array, max_iter: int
) -> tuple[Loop, jax.Array, jax.Array]:
    """The loop, and the memberships and their partition coefficient at its end."""

    def turn(loop: Loop) -> Loop:
        found, degenerate = _centres(pixels, loop.log_memberships, weights, loop.centres, fuzzifier)
        squared = squared_distances(pixels, found)
        following = _log_memberships(squared, fuzzifier)
        value = _objective(squared, following, weights, fuzzifier)
        moved = jnp.abs(jnp.exp(following) - jnp.exp(loop.log_memberships))
        change = jnp.where(weights > 0, moved, 0).max()  # [FC3]
        t = loop.t + 1
        status = jnp.where(t >= max_iter, Status.max_steps, Status.running)
        status = jnp.where(change < tol, Status.converged, status)
        status = jnp.where(jnp.isfinite(value), status, Status.non_finite)
        return Loop(t, following, found, degenerate, loop.history.at[loop.t].set(value), status)

    mean = jnp.matmul(pixels, weights, precision=HIGHEST) / weights.sum()
    first = jnp.broadcast_to(mean, (len(start), len(pixels)))
    history = jnp.full(max_iter, jnp.nan, pixels.dtype)
    nobody = jnp.zeros(len(start), bool)
    loop = Loop(jnp.asarray(0), jnp.log(start), first, nobody, history, jnp.asarray(Status.running))
    ended = jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, loop)
    found = jnp.exp(ended.log_memberships)
    return ended, found, partition_coefficient(found, weights)


def _centres(
    pixels: jax.Array, log_memberships: jax.Array, weights: jax.Array, previous: jax.Array, fuzzifier: jax.Array
) -> tuple[jax.Array, jax.Array]:
    inside = jnp.where(weights > 0, log_memberships, -jnp.inf)
    highest = inside.max(axis=1)
    empty = highest == -jnp.inf
    share = weights * jnp.exp(fuzzifier * (inside - jnp.where(empty, 0, highest)[:, None]))
    total = jnp.where(empty, 1, share.sum(axis=1))
    found = jnp.matmul(share, pixels.T, precision=HIGHEST) / total[:, None]
    return jnp.where(empty[:, None], previous, found), empty


def _log_memberships(squared: jax.Array, fuzzifier: jax.Array) -> jax.Array:
    """From the squared distances (K, N); −∞ for a class that a pixel on another's centre has nothing of."""
    on_centre = squared == 0
    logits = [-jnp.log(row) / (fuzzifier - 1) for row in jnp.where(on_centre, 1, squared)]
    top = reduce(jnp.maximum, logits)
    total = jnp.log(sum(jnp.exp(row - top) for row in logits))
    between = jnp.stack([row - top - total for row in logits])
    owners = on_centre.astype(squared.dtype)
    shared = jnp.log(owners / jnp.maximum(owners.sum(axis=0), 1))
    return jnp.where(on_centre.any(axis=0), shared, between)


def _objective(
    squared: jax.Array, log_memberships: jax.Array, weights: jax.Array, fuzzifier: jax.Array
) -> jax.Array:
    each = (jnp.exp(fuzzifier * log_memberships) * squared).sum(axis=0)
    return jnp.vdot(each, weights, precision=HIGHEST)
