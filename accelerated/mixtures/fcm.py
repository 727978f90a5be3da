"""Fuzzy C-means [FC]; see `reference.mixtures.fcm`.

Memberships are kept with their logarithms: powers of them neither overflow nor underflow, and x^m becomes an
exponential, as compilers for CPUs do not vectorise powers. Arrays along the pixels stay in rows, one per class
(`execution.rows`); stacked into one array, XLA does not vectorise its loops, which take ten times as long.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from deepmix.reference.checks import plain
from deepmix.reference.mixtures.checks import check_fuzzifier, check_memberships, check_pixels
from deepmix.reference.mixtures.records import FuzzyFit
from deepmix.reference.types import Status

from .. import stopping
from ..execution.arrays import aligned, floating
from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from ..execution.rows import OPERATIONS, Rows, apart, each, greatest, highest, together, total


class Round(NamedTuple):
    """The state after t rounds; the memberships and their logarithms belong to the centres, J to both."""

    t: jax.Array
    memberships: Rows
    logarithms: Rows
    centres: jax.Array
    degenerate: jax.Array
    history: jax.Array
    status: jax.Array


def centres(
    pixels: jax.Array, memberships: jax.Array, weights: jax.Array, previous: jax.Array, fuzzifier: float = 2.0
) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.fcm.centres` [FC1]."""
    return _centres(pixels, apart(jnp.log(memberships)), weights, previous, fuzzifier)


def memberships(pixels: jax.Array, centres: jax.Array, fuzzifier: float = 2.0) -> jax.Array:
    """See `reference.mixtures.fcm.memberships` [FC2]."""
    return together(_memberships(_squared_distances(pixels, centres), fuzzifier)[0])


def objective(
    pixels: jax.Array, memberships: jax.Array, centres: jax.Array, weights: jax.Array, fuzzifier: float = 2.0
) -> jax.Array:
    """See `reference.mixtures.fcm.objective` [FC1]."""
    powers = jnp.exp(fuzzifier * jnp.log(memberships))
    return jnp.vdot((powers * squared_distances(pixels, centres)).sum(axis=0), weights, precision=HIGHEST)


def partition_coefficient(memberships: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.fcm.partition_coefficient`."""
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
    """See `reference.mixtures.fcm.fit`."""
    check_fuzzifier(fuzzifier, max_iter)
    x, w = check_pixels(floating(pixels), weights, len(start))
    u = check_memberships(plain(start, x.dtype), w)
    solved = solve(aligned(x), aligned(u), aligned(w, 0), fuzzifier=fuzzifier, tol=tol, max_iter=max_iter)
    return unpacked(solved, x.shape[1], "memberships", "labels")


def squared_distances(pixels: jax.Array, centres: jax.Array) -> jax.Array:
    """See `reference.mixtures.fcm.squared_distances`."""
    return together(_squared_distances(pixels, centres))


@partial(jax.jit, static_argnames="max_iter")
def solve(
    pixels: jax.Array,
    start: jax.Array,
    weights: jax.Array,
    *,
    fuzzifier: float,
    tol: float,
    max_iter: int,
) -> FuzzyFit:
    """See `reference.mixtures.fcm.solve`; one program, its history at full length: NaN after the end."""

    def turn(loop: Round) -> Round:
        found, degenerate = _centres(pixels, loop.logarithms, weights, loop.centres, fuzzifier)
        following, logarithms, costs = _memberships(_squared_distances(pixels, found), fuzzifier)
        value = jnp.vdot(costs, weights, precision=HIGHEST)
        moved = jax.tree.map(lambda new, old: jnp.abs(new - old), following, loop.memberships)
        change = jnp.where(weights > 0, highest(moved), 0).max()  # [FC3]
        status = stopping.status(value, change < tol, loop.t + 1 >= max_iter)
        history = loop.history.at[loop.t].set(value)
        return Round(
            t=loop.t + 1,
            memberships=following,
            logarithms=logarithms,
            centres=found,
            degenerate=degenerate,
            history=history,
            status=status,
        )

    mean = jnp.matmul(pixels, weights, precision=HIGHEST) / weights.sum()
    first = jnp.broadcast_to(mean, (len(start), len(pixels)))
    history, nobody = jnp.full(max_iter, jnp.nan, pixels.dtype), jnp.zeros(len(start), bool)
    rows, logs = apart(start), apart(jnp.log(start))
    loop = Round(
        t=jnp.asarray(0),
        memberships=rows,
        logarithms=logs,
        centres=first,
        degenerate=nobody,
        history=history,
        status=jnp.asarray(Status.running),
    )
    ended = jax.lax.while_loop(lambda loop: loop.status == Status.running, turn, loop)
    found = together(ended.memberships)
    return FuzzyFit(
        value=ended.history[ended.t - 1],
        history=ended.history,
        status=ended.status,
        degenerate=ended.degenerate,
        centres=ended.centres,
        memberships=found,
        labels=greatest(found),
        partition_coefficient=partition_coefficient(found, weights),
    )


def _squared_distances(pixels: jax.Array, centres: jax.Array) -> Rows:
    written_out = len(pixels) <= OPERATIONS

    def of_class(centre: jax.Array) -> jax.Array:
        along = apart(pixels, written_out), apart(centre[:, None], written_out)
        return total(jax.tree.map(lambda x, c: (x - c) ** 2, *along))

    return apart(each(of_class, centres))


def _centres(
    pixels: jax.Array, logarithms: Rows, weights: jax.Array, previous: jax.Array, fuzzifier: float | jax.Array
) -> tuple[jax.Array, jax.Array]:
    """`centres` from the memberships' logarithms."""

    def of_class(row: jax.Array, centre: jax.Array) -> tuple[jax.Array, jax.Array]:
        top = jnp.where(weights > 0, row, -jnp.inf).max()
        nobody = top == -jnp.inf
        inside = jnp.where(weights > 0, row - jnp.where(nobody, 0, top), -jnp.inf)
        share = weights * jnp.exp(fuzzifier * inside)
        mean = jnp.matmul(pixels, share, precision=HIGHEST) / jnp.where(nobody, 1, share.sum())
        return jnp.where(nobody, centre, mean), nobody

    return each(of_class, logarithms, previous)


def _memberships(squared: Rows, fuzzifier: float | jax.Array) -> tuple[Rows, Rows, jax.Array]:
    """Memberships, their logarithms, and Σ_j u_ij^m d_ij² of each pixel (N,), from squared distances.

    With the memberships of [FC2] that sum is (Σ_j d_ij^{−2/(m−1)})^{−(m−1)}.
    """
    owners = jax.tree.map(lambda row: (row == 0).astype(row.dtype), squared)
    n_owners = total(owners)
    between = n_owners == 0
    logits = jax.tree.map(lambda row: jnp.log(jnp.where(row == 0, 1, row)) / (1 - fuzzifier), squared)
    top = highest(logits)
    powers = jax.tree.map(lambda row: jnp.exp(row - top), logits)
    sum_of_powers = total(powers)
    norm = top + jnp.log(sum_of_powers)

    def membership(power: jax.Array, owner: jax.Array) -> jax.Array:
        return jnp.where(between, power / sum_of_powers, owner / jnp.maximum(n_owners, 1))

    def logarithm(logit: jax.Array, owner: jax.Array) -> jax.Array:
        of_owner = jnp.where(owner > 0, -jnp.log(n_owners), -jnp.inf)
        return jnp.where(between, logit - norm, of_owner)

    found, logarithms = jax.tree.map(membership, powers, owners), jax.tree.map(logarithm, logits, owners)
    return found, logarithms, jnp.where(between, jnp.exp((1 - fuzzifier) * norm), 0)
