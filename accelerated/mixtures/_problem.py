"""The input of Algorithms 1 and 2 as arrays, and how it is fitted: alone, on a mesh of devices, in a batch."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from deepmix.reference.mixtures.checks import check_pixels, check_start, check_support
from deepmix.reference.mixtures.forms import n_components
from deepmix.reference.mixtures.records import AnyMixture, Fit
from deepmix.reference.types import Array

from ..execution import meshes
from ..execution.arrays import aligned, floating
from ..execution.lanes import count
from ..execution.results import unpacked, without_padding
from . import families
from .families import Kind


class Problem(NamedTuple):
    """The input of Algorithms 1 and 2: checked, in one dtype, padded by pixels of weight 0.

    pixels: (M, N). start: a mixture. weights: (N,). floor: (M,), or None for that of [G3].
    """

    pixels: Array
    start: AnyMixture
    weights: Array
    floor: Array


# From a problem, tol, the kind of its densities, max_iter and the axes of the mesh over which its pixels lie: a
# fit, its history at full length, NaN after the end.
Algorithm = Callable[[Problem, jax.Array, Kind, int, tuple[str, ...]], Fit]


def pose(
    pixels: jax.Array,
    start: AnyMixture,
    weights: jax.Array | None,
    floor: jax.Array | None,
    kind: Kind,
    *,
    per_pixel: bool = False,
    parts: int = 1,
) -> Problem:
    """Check and pad the input of a fit. per_pixel: the start has Π (K, N). parts: devices for the pixels."""
    x, w = check_pixels(floating(pixels), weights, n_components(start))
    check_start(start, x, *kind, per_pixel)
    x = check_support(x, w, kind.family)
    begin = jax.tree.map(lambda array: np.asarray(array, x.dtype), start)
    if per_pixel:
        uniform = 1 / n_components(begin)
        known = np.isfinite(begin.proportions) | (w > 0)  # outside Ω nothing matters
        begin = begin._replace(proportions=aligned(np.where(known, begin.proportions, uniform), uniform, parts))
    given = None if floor is None else np.asarray(floor, x.dtype)
    return Problem(pixels=aligned(x, parts=parts), start=begin, weights=aligned(w, 0, parts), floor=given)


def solve_on_mesh(
    algorithm: Algorithm, problem: Problem, tol: float, kind: Kind, max_iter: int, mesh: Mesh
) -> Fit:
    """The fit of one problem whose pixels the devices of a mesh share."""
    mesh = meshes.plain(mesh)
    placed = jax.device_put(problem, jax.tree.map(partial(NamedSharding, mesh), _layout(problem, mesh)))
    return _solve_on_mesh(algorithm, placed, tol, kind, max_iter, mesh)


def solve_batch(
    algorithm: Algorithm,
    pixels: jax.Array,
    starts: AnyMixture,
    weights: jax.Array | None,
    floor: jax.Array | None,
    kind: Kind,
    tol: float,
    max_iter: int,
    lanes: int | None,
    *,
    per_pixel: bool = False,
) -> list[Fit]:
    """The fits of many images of one shape, `lanes` of them side by side, in one compiled program."""
    _check_batch(pixels, starts, weights, floor)
    posed = [
        pose(
            image,
            jax.tree.map(lambda array, b=b: array[b], starts),
            None if weights is None else weights[b],
            None if floor is None else floor[b],
            kind,
            per_pixel=per_pixel,
        )
        for b, image in enumerate(pixels)
    ]
    n_lanes = count(lanes, len(posed))
    posed += posed[-1:] * (-len(posed) % n_lanes)  # the last group is filled up by copies
    stacked = jax.tree.map(lambda *arrays: np.stack(arrays), *posed)
    solutions = jax.device_get(_solve_batch(algorithm, stacked, tol, kind, max_iter, n_lanes))
    leaves, structure = jax.tree.flatten(solutions)
    each = [jax.tree.unflatten(structure, of_image) for of_image in zip(*leaves, strict=True)]
    return [unpack(fit, pixels.shape[2]) for fit in each[: len(pixels)]]


@partial(jax.jit, static_argnames=("algorithm", "kind", "max_iter", "lanes"))
def _solve_batch(
    algorithm: Algorithm, problems: Problem, tol: jax.Array, kind: Kind, max_iter: int, lanes: int
) -> Fit:
    """`lanes` images at a time; an image that has converged waits for the slowest beside it."""
    n_groups = len(problems.weights) // lanes
    grouped = jax.tree.map(lambda leaf: leaf.reshape(n_groups, lanes, *leaf.shape[1:]), problems)

    @jax.vmap
    def solve(problem: Problem) -> Fit:
        return algorithm(with_floor(problem, kind.family), tol, kind, max_iter, ())

    def group(i: jax.Array) -> Problem:
        return jax.tree.map(lambda leaf: leaf[i], grouped)

    def turn(i: jax.Array, carry: tuple[Fit, Problem]) -> tuple[Fit, Problem]:
        # The loop carries the next group: see `_sums.of_mixture`.
        solutions, problems = carry
        solutions = jax.tree.map(lambda all, new: all.at[i].set(new), solutions, solve(problems))
        return solutions, group(jnp.minimum(i + 1, n_groups - 1))

    shapes = jax.eval_shape(solve, group(jnp.array(0)))
    nothing = jax.tree.map(lambda leaf: jnp.zeros((n_groups, *leaf.shape), leaf.dtype), shapes)
    solutions, _ = jax.lax.fori_loop(0, n_groups, turn, (nothing, group(jnp.array(0))))
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), solutions)


@partial(jax.jit, static_argnames=("algorithm", "kind", "max_iter", "mesh"))
def _solve_on_mesh(
    algorithm: Algorithm, problem: Problem, tol: jax.Array, kind: Kind, max_iter: int, mesh: Mesh
) -> Fit:
    """Each device holds its share of the pixels; the sums of [G2] are added over the mesh."""
    problem, whole = with_floor(problem, kind.family), _spec()
    layout = _layout(problem, mesh)
    fit = Fit(
        value=whole,
        history=whole,
        status=whole,
        degenerate=whole,
        mixture=layout.start,
        responsibilities=layout.pixels,
        labels=layout.weights,
    )
    mapped = jax.shard_map(
        lambda problem, tol: algorithm(problem, tol, kind, max_iter, mesh.axis_names),
        mesh=mesh,
        in_specs=(layout, whole),
        out_specs=fit,
        check_vma=False,
    )
    return mapped(problem, tol)


def _layout(problem: Problem, mesh: Mesh) -> Problem:
    """How a problem lies on the mesh: arrays along the pixels are divided, the others are on every device."""
    whole, columns = _spec(), _spec(None, mesh.axis_names)
    per_pixel = np.ndim(problem.start.proportions) == 2
    start = jax.tree.map(lambda _: whole, problem.start)._replace(proportions=columns if per_pixel else whole)
    return Problem(
        pixels=columns,
        start=start,
        weights=_spec(mesh.axis_names),
        floor=None if problem.floor is None else whole,
    )


def _spec(*axes: tuple[str, ...] | None) -> Any:
    """A `PartitionSpec`, for the place of an array in a `Problem`."""
    return PartitionSpec(*axes)


@partial(jax.jit, static_argnames="family")
def with_floor(problem: Problem, family: str) -> Problem:
    """The problem with the floor of [G3] where none is given."""
    if problem.floor is not None:
        return problem
    return problem._replace(floor=families.floor(problem.pixels, problem.weights, family))


def _check_batch(
    pixels: jax.Array, starts: AnyMixture, weights: jax.Array | None, floor: jax.Array | None
) -> None:
    if np.ndim(pixels) != 3 or not len(pixels):
        raise ValueError(f"pixels must have the shape (images, channels, pixels), got {np.shape(pixels)}")
    named = {**starts._asdict(), "weights": weights, "floor": floor}
    for name, array in named.items():
        if array is not None and len(array) != len(pixels):
            raise ValueError(f"{name} are of {len(array)} images, but pixels of {len(pixels)}")


def unpack(solved: Fit, n_pixels: int) -> Fit:
    """A `Fit` without the padded pixels, with the history and the status on the host."""
    fit = unpacked(solved, n_pixels, "responsibilities", "labels")
    if fit.mixture.proportions.ndim == 1:
        return fit
    proportions = without_padding(fit.mixture.proportions, n_pixels)
    return fit._replace(mixture=fit.mixture._replace(proportions=proportions))
