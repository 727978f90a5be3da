"""Starts for the mixtures, drawn or given; see `reference.mixtures.initialization`.

The same uniform numbers give the same start as the reference; in float32 a number may fall on the next pixel
instead.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.mixtures import initialization
from deepmix.reference.mixtures.checks import (
    check_covariance_type,
    check_labels,
    check_means,
    check_pixels,
    check_rounds,
)
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Array
from deepmix.reference.uniforms import given_or_drawn

from ..execution.arrays import ALIGN, aligned, floating
from ..execution.precision import HIGHEST
from ..execution.rows import greatest
from . import _sums, fcm, gaussian
from .families import Kind


def random_responsibilities(
    pixels: Array,
    n_components: int,
    weights: Array | None = None,
    *,
    seed: int = 0,
    uniforms: Array | None = None,
    covariance_type: str = "diag",
) -> Mixture:
    """See `reference.mixtures.initialization.random_responsibilities`."""
    x, w = check_pixels(floating(pixels), weights, n_components)
    drawn = initialization.random_memberships(n_components, x.shape[1], seed=seed, uniforms=uniforms)
    return from_responsibilities(aligned(x), aligned(drawn.astype(x.dtype)), aligned(w, 0), covariance_type)


def random_memberships(
    n_components: int, n_pixels: int, *, seed: int = 0, uniforms: Array | None = None
) -> jax.Array:
    """See `reference.mixtures.initialization.random_memberships` [FC2]."""
    return jnp.asarray(initialization.random_memberships(n_components, n_pixels, seed=seed, uniforms=uniforms))


def kmeans(
    pixels: Array,
    n_components: int,
    weights: Array | None = None,
    *,
    seed: int = 0,
    uniforms: Array | None = None,
    covariance_type: str = "diag",
    max_iter: int = 100,
) -> Mixture:
    """See `reference.mixtures.initialization.kmeans`."""
    x, w = check_pixels(floating(pixels), weights, n_components)
    check_rounds(max_iter)
    check_covariance_type(covariance_type)
    drawn = given_or_drawn(uniforms, seed, (n_components, 2 + int(np.log(n_components))))
    return _kmeans(aligned(x), aligned(w, 0), drawn.astype(x.dtype), max_iter, covariance_type)


def from_labels(
    pixels: Array,
    labels: Array,
    n_components: int,
    weights: Array | None = None,
    *,
    covariance_type: str = "diag",
) -> Mixture:
    """See `reference.mixtures.initialization.from_labels`."""
    x, w = check_pixels(floating(pixels), weights, n_components)
    known = check_labels(labels, w, n_components)
    check_covariance_type(covariance_type)
    return _of_labels(aligned(x), aligned(known), aligned(w, 0), n_components, covariance_type)


def from_means(
    pixels: Array,
    means: Array,
    weights: Array | None = None,
    *,
    covariance_type: str = "diag",
) -> Mixture:
    """See `reference.mixtures.initialization.from_means`."""
    pixels = floating(pixels)
    given = check_means(plain(means, pixels.dtype), len(pixels))
    x, w = check_pixels(pixels, weights, len(given))
    check_covariance_type(covariance_type)
    return _of_means(aligned(x), aligned(w, 0), given, covariance_type)


def from_responsibilities(
    pixels: Array, responsibilities: Array, weights: Array, covariance_type: str = "diag"
) -> Mixture:
    """See `reference.mixtures.initialization.from_responsibilities`."""
    check_covariance_type(covariance_type)
    return _of_responsibilities(pixels, responsibilities, weights, covariance_type)


class Lloyd(NamedTuple):
    """K-means after t rounds: the centres (K, M), those before, and whether no pixel has changed its cluster."""

    t: jax.Array
    previous: jax.Array
    centres: jax.Array
    settled: jax.Array


@partial(jax.jit, static_argnums=4)
def _kmeans(
    pixels: jax.Array, weights: jax.Array, uniforms: jax.Array, max_iter: int, covariance_type: str
) -> Mixture:
    scaled, _ = _in_deviations(pixels, weights, pixels[:, :0])
    n_components, n_channels = len(uniforms), len(pixels)

    def turn(loop: Lloyd) -> Lloyd:
        def sums(weights: jax.Array, points: jax.Array) -> tuple[jax.Array, jax.Array]:
            """Whether pixels have changed their cluster; counts and sums of the clusters (K, 1 + M)."""
            labels = _nearest(points, loop.centres)
            moved = (labels != _nearest(points, loop.previous)).any()
            share = jnp.where(labels == jnp.arange(n_components)[:, None], weights, 0)
            powers = jnp.concatenate([jnp.ones_like(points[:1]), points])
            return moved, jnp.matmul(share, powers.T, precision=HIGHEST)

        stored = (n_components + 1 + n_channels) * pixels.dtype.itemsize
        moved, found = _sums.over_blocks(sums, stored, weights, scaled)
        counts = found[:, :1]
        means = jnp.where(counts > 0, found[:, 1:] / jnp.where(counts > 0, counts, 1), loop.centres)
        settled = (loop.t > 0) & ~moved
        centres = jnp.where(settled, loop.centres, means)
        return Lloyd(t=loop.t + 1, previous=loop.centres, centres=centres, settled=settled)

    first = _spread_centres(scaled, weights, uniforms)
    loop = Lloyd(t=jnp.asarray(0), previous=first, centres=first, settled=jnp.asarray(False))
    ended = jax.lax.while_loop(lambda loop: ~loop.settled & (loop.t < max_iter), turn, loop)
    # the clusters are those of the last assignment, not of the centres that came from it
    labels = _nearest(scaled, ended.previous)
    return _of_labels(pixels, labels, weights, n_components, covariance_type)


@partial(jax.jit, static_argnums=3)
def _of_means(pixels: jax.Array, weights: jax.Array, means: jax.Array, covariance_type: str) -> Mixture:
    scaled, centres = _in_deviations(pixels, weights, means.T)
    labels = _nearest(scaled, centres.T)
    return _of_labels(pixels, labels, weights, len(means), covariance_type)._replace(means=means)


@partial(jax.jit, static_argnums=(3, 4))
def _of_labels(
    pixels: jax.Array, labels: jax.Array, weights: jax.Array, n_components: int, covariance_type: str
) -> Mixture:
    one_hot = (labels == jnp.arange(n_components)[:, None]).astype(pixels.dtype)
    return _of_responsibilities(pixels, one_hot, weights, covariance_type)


@partial(jax.jit, static_argnums=3)
def _of_responsibilities(
    pixels: jax.Array, responsibilities: jax.Array, weights: jax.Array, covariance_type: str
) -> Mixture:
    floor = gaussian.variance_floor(pixels, weights)
    fallback = gaussian.global_mixture(pixels, weights, floor, len(responsibilities), covariance_type)
    nothing = jnp.zeros_like(weights)

    kind = Kind(covariance_type=covariance_type, family="gaussian")

    def about(centres: jax.Array) -> _sums.Sums:
        return _sums.of_responsibilities(pixels, responsibilities, nothing, weights, fallback, centres, kind)

    _, following, found = _sums.settle(about, fallback, floor, kind)
    return following._replace(proportions=found.counts / weights.sum())


def _in_deviations(pixels: jax.Array, weights: jax.Array, others: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Pixels (M, N) and other points (M, K) in standard deviations of the pixels; a constant channel becomes 0."""
    inside = weights > 0
    lowest, highest = (
        jnp.where(inside, pixels, jnp.inf).min(axis=1),
        jnp.where(inside, pixels, -jnp.inf).max(axis=1),
    )
    constant = (lowest == highest)[:, None]
    mean = (jnp.matmul(pixels, weights, precision=HIGHEST) / weights.sum())[:, None]
    variance = (jnp.matmul((pixels - mean) ** 2, weights, precision=HIGHEST) / weights.sum())[:, None]
    deviation = jnp.sqrt(jnp.where(constant, 1, variance))
    scaled, scaled_others = (jnp.where(constant, 0, points - mean) / deviation for points in (pixels, others))
    return scaled, scaled_others


def _nearest(points: jax.Array, centres: jax.Array) -> jax.Array:
    """The nearest centre (K, M) to each point (M, N), the first if several are, as integers (N,)."""
    return greatest(-fcm.squared_distances(points, centres))


def _spread_centres(points: jax.Array, weights: jax.Array, uniforms: jax.Array) -> jax.Array:
    """Greedy k-means++; see `reference.mixtures.initialization`. points: (M, N). Returns (K, M)."""

    def choose(
        carry: tuple[jax.Array, jax.Array], row: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        nearest, chance = carry
        drawn = _drawn(chance, row)
        left = jnp.minimum(nearest, fcm.squared_distances(points, points[:, drawn].T))
        best = jnp.matmul(left, weights, precision=HIGHEST).argmin()
        chance = weights * left[best]
        chance = jnp.where(chance.sum() > 0, chance, weights)  # fewer distinct points than classes
        return (left[best], chance), points[:, drawn[best]]

    nearest = jnp.full(points.shape[1], jnp.inf, points.dtype)
    _, centres = jax.lax.scan(choose, (nearest, weights), uniforms)
    return centres


def _drawn(chance: jax.Array, uniforms: jax.Array) -> jax.Array:
    """The pixels on which uniform numbers (C,) fall, if the width of each pixel is its chance (N,).

    First a row of pixels is drawn, then one of them: float32 cannot resolve single pixels in a very long sum.
    """
    rows = chance.reshape(-1, ALIGN)
    of_rows = rows.sum(axis=1)
    ladder = jnp.cumsum(of_rows)

    def fallen(steps: jax.Array, at: jax.Array, chance: jax.Array) -> jax.Array:
        last = len(chance) - 1 - jnp.argmax(chance[::-1] > 0)  # a product may round up
        return jnp.minimum(jnp.searchsorted(steps, at, side="right"), last)

    def pixel(uniform: jax.Array) -> jax.Array:
        at = uniform * ladder[-1]
        row = fallen(ladder, at, of_rows)
        before = jnp.where(row > 0, ladder[row - 1], 0)
        return row * ALIGN + fallen(jnp.cumsum(rows[row]), at - before, rows[row])

    return jax.vmap(pixel)(uniforms)
