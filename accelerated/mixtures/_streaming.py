"""Algorithm 1 for images larger than memory: a pass over the pixels is a sum over chunks.

Only the parameters of the K classes are kept from one pass to the next.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import jax
import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.mixtures import em
from deepmix.reference.mixtures.checks import check_channels, check_count, check_known, check_weights
from deepmix.reference.mixtures.families import FAMILIES as DENSITIES
from deepmix.reference.mixtures.families import Found
from deepmix.reference.mixtures.forms import FORMS, SUPPORTS, n_components
from deepmix.reference.mixtures.records import AnyMixture, Fit
from deepmix.reference.types import Array, Progress

from ..execution.arrays import floating
from . import _sums
from ._sums import EStep, Sums
from .families import FAMILIES, Kind


class Source(NamedTuple):
    """Pixels (M, N) and weights (N,) or None that are read in chunks.

    chunk: pixels read at a time. mean: (M,) over Ω; it replaces values outside Ω that are not finite, overflow or
    are none of the densities'. floor: (M,) [G3]. knows: which values (M, n) the densities know.
    """

    pixels: Array
    weights: Array | None
    chunk: int
    mean: np.ndarray
    floor: np.ndarray
    knows: Callable[[np.ndarray], np.ndarray]

    def chunks(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """The slice of each chunk, its pixels (M, chunk) and weights (chunk,); the last is padded by weight 0."""
        for place, x, w in _chunks(self.pixels, self.weights, self.chunk):
            if not (w > 0).all():  # what counts was checked by `survey`
                usable = (w > 0) | (np.abs(x) < np.finfo(x.dtype).max ** 0.25) & self.knows(x)
                x = np.where(usable, x, self.mean[:, None].astype(x.dtype))
            missing = min(self.chunk, self.pixels.shape[1]) - len(w)
            if missing:
                x, w = np.pad(x, ((0, 0), (0, missing)), mode="edge"), np.pad(w, (0, missing))
            yield place, x, w


def survey(pixels: Array, weights: Array | None, chunk: int, n_components: int, family: str) -> Source:
    """One pass that checks the input as `check_pixels` and `check_support` do, and finds mean and floor [G3]."""
    if np.ndim(pixels) != 2:
        raise ValueError(f"pixels must have the shape (channels, pixels), got {np.shape(pixels)}")
    n_channels, n_pixels = np.shape(pixels)
    if weights is not None and np.shape(weights) != (n_pixels,):
        raise ValueError(f"weights of shape {np.shape(weights)} do not match pixels of shape {np.shape(pixels)}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    kind, knows = DENSITIES[family], SUPPORTS[FORMS[family].support]
    counted, total, centre = 0, 0.0, np.zeros(n_channels)
    bad, unknown, first, along, second = (np.zeros(n_channels) for _ in range(5))
    lowest, highest = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
    for _, x, w in _chunks(pixels, weights, chunk):
        check_weights(w)
        x, w = x[:, w > 0].astype(float), w[w > 0].astype(float)
        if not len(w):
            continue
        if not counted:
            centre = x[:, 0]  # sums about a pixel, as E[x²] − E[x]² of raw data would cancel
        counted, total = counted + len(w), total + w.sum()
        bad, unknown = bad + (~np.isfinite(x)).sum(axis=1), unknown + (~knows(x)).sum(axis=1)
        lowest, highest = np.minimum(lowest, x.min(axis=1)), np.maximum(highest, x.max(axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):  # values that are refused below
            deviation = kind.coordinates(x) - kind.coordinates(centre)[:, None]
        first = first + (x - centre[:, None]) @ w
        along, second = along + deviation @ w, second + deviation**2 @ w
    check_count(counted, n_pixels, n_components)
    check_channels(bad.astype(int), lowest == highest)
    check_known(unknown.astype(int), family)
    variance = second / total - (along / total) ** 2
    return Source(
        pixels=pixels,
        weights=weights,
        chunk=chunk,
        mean=centre + first / total,
        floor=np.where(lowest == highest, 1e-12, 1e-6 * variance),
        knows=knows,
    )


def run(
    source: Source,
    start: AnyMixture,
    e_step: EStep,
    estimate: Callable[[AnyMixture, Found, jax.Array], AnyMixture],
    *,
    kind: Kind,
    tol: float,
    max_iter: int,
    responsibilities: Array | None,
    progress: Progress | None,
) -> Fit:
    """`em.run` with the host in charge of the passes, and one more pass for labels and responsibilities.

    estimate: the mixture with π, from one with new parameters, what was found and Σw [EM3].
    """
    passes = count()

    def step(mixture: AnyMixture) -> tuple[float, AnyMixture, np.ndarray]:
        totals, following, found = _settle(source, mixture, e_step, kind)
        nll = -float(totals.log_likelihood / totals.weight)
        if progress is not None:
            progress(next(passes), nll)
        return nll, *jax.device_get((estimate(following, found, totals.weight), found.degenerate))

    ended = em.run(step, start, tol, max_iter)
    labels = np.empty(source.pixels.shape[1], np.uint8 if n_components(start) <= 256 else np.int32)
    for place, x, _ in source.chunks():
        found_in_chunk = np.asarray(_responsibilities(e_step, x, ended.mixture, kind))
        found_in_chunk = found_in_chunk[:, : place.stop - place.start]
        labels[place] = found_in_chunk.argmax(axis=0)
        if responsibilities is not None:
            responsibilities[:, place] = found_in_chunk
    return Fit(**ended._asdict(), responsibilities=responsibilities, labels=labels)


def _settle(source: Source, mixture: AnyMixture, e_step: EStep, kind: Kind) -> tuple[Sums, AnyMixture, Found]:
    """As `_sums.settle`: a pass about where the classes were; if one moved far, another about where it is."""
    floor, centres_of = source.floor.astype(mixture[1].dtype), FAMILIES[kind.family].centres
    centres = np.asarray(centres_of(mixture))
    totals = _pass(source, mixture, centres, e_step, kind)
    following, found, far = _found(totals.statistics, centres, floor, mixture, kind)
    if far:
        centres = np.asarray(centres_of(following))
        totals = _pass(source, mixture, centres, e_step, kind)
        following, found, _ = _found(totals.statistics, centres, floor, mixture, kind)
    return totals, following, found


def _pass(source: Source, mixture: AnyMixture, centres: np.ndarray, e_step: EStep, kind: Kind) -> Sums:
    """The sums over all chunks, added in float64; a chunk is read while the one before is computed."""
    total, waiting = None, None
    for _, x, w in source.chunks():
        started = _sums_of(e_step, x, w, mixture, centres, kind)
        total, waiting = _added(total, waiting), started
    total = _added(total, waiting)
    return jax.tree.map(lambda array: array.astype(mixture[1].dtype), total)


def _added(total: Sums | None, sums: Sums | None) -> Sums | None:
    if sums is None:
        return total
    double = jax.tree.map(lambda array: np.asarray(array, np.float64), sums)
    return double if total is None else jax.tree.map(np.add, total, double)


_sums_of = partial(jax.jit, static_argnums=(0, 5))(_sums.of_mixture)


@partial(jax.jit, static_argnames="kind")
def _found(
    statistics: Any, centres: Array, floor: Array, previous: AnyMixture, kind: Kind
) -> tuple[AnyMixture, Found, jax.Array]:
    return FAMILIES[kind.family].found(statistics, centres, floor, previous, kind.covariance_type)


@partial(jax.jit, static_argnums=(0, 3))
def _responsibilities(e_step: EStep, pixels: jax.Array, mixture: AnyMixture, kind: Kind) -> jax.Array:
    return e_step(pixels, mixture, *kind)[0]


def _chunks(pixels: Array, weights: Array | None, chunk: int) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    for begin in range(0, np.shape(pixels)[1], chunk):
        place = slice(begin, min(begin + chunk, np.shape(pixels)[1]))
        x = floating(pixels[:, place])
        w = np.ones(x.shape[1], x.dtype) if weights is None else plain(weights[place], x.dtype)
        yield place, x, w
