"""Arrays along the pixels, with a row for each class or channel: few rows are written out, many are one array.

A compiler for CPUs fuses rows that are written out into plain vectorised loops, many times as fast as reductions
over the first axis of an array. But the program grows with their number, and so does its compilation time: with
many rows, loops and matrix products do the same in a program of fixed length.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

# Measured at up to 12 classes and 40 channels: with more, compiling takes longer than the loops gain.
FEW = 8  # rows that are written out
OPERATIONS = 16  # operations with channels that are written out for each of them

Rows = list[jax.Array] | jax.Array  # a list of rows (N,) if they are few, else an array, the rows first


def apart(array: jax.Array, written_out: bool | None = None) -> Rows:
    """The rows of an array: a list if they are few, or as `written_out` says, else the array."""
    return list(array) if (len(array) <= FEW if written_out is None else written_out) else array


def together(rows: Rows) -> jax.Array:
    """The rows as an array."""
    return jnp.stack(rows) if isinstance(rows, list) else rows


def total(rows: Rows) -> jax.Array:
    """The sum of the rows (N,)."""
    return _folded(jnp.add, rows)


def highest(rows: Rows) -> jax.Array:
    """The highest of the rows at each pixel (N,)."""
    return _folded(jnp.maximum, rows)


def _folded(operation: Callable[[jax.Array, jax.Array], jax.Array], rows: Rows) -> jax.Array:
    """An operation over all rows; for an array, between its two halves, again and again."""
    if isinstance(rows, list):
        return reduce(operation, rows)
    while len(rows) > 1:
        half = len(rows) // 2
        rows = jnp.concatenate([operation(rows[:half], rows[half : 2 * half]), rows[2 * half :]])
    return rows[0]


def each(of_row: Callable[..., Any], *arrays: Rows) -> Any:
    """A function applied to the rows of each class, from arrays with the classes first; its results stacked."""
    if len(arrays[0]) > FEW:
        return jax.lax.map(lambda rows: of_row(*rows), arrays)
    return jax.tree.map(
        lambda *results: jnp.stack(results), *(of_row(*rows) for rows in zip(*arrays, strict=True))
    )


def in_turn(of_row: Callable[..., Any], *arrays: jax.Array) -> Any:
    """As `each`, one row after the other, for functions that take long.

    Of rows that are written out a compiler for CPUs computes anew what several of its loops need, and stores what
    it does not: either costs more here than a loop.
    """
    return jax.lax.map(lambda rows: of_row(*rows), arrays)


def greatest(array: jax.Array) -> jax.Array:
    """Which of the rows (K, *spatial) is the greatest, the first of equals (*spatial); 0 where all are NaN.

    As `argmax` over the first axis, whose loops XLA does not vectorise: it takes longer than an iteration of EM.
    """

    def better(k: jax.Array | int, best: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        so_far, place = best
        row = array[k]
        return jnp.where(row > so_far, row, so_far), jnp.where(row > so_far, k, place)

    first = array[0], jnp.zeros(array.shape[1:], int)
    if len(array) > FEW:
        return jax.lax.fori_loop(1, len(array), better, first)[1]
    return reduce(lambda best, k: better(k, best), range(1, len(array)), first)[1]
