"""The loop of Algorithm 3 on the device, in chunks of steps: for one image, and for many side by side."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.deep_mixtures.records import DeepState, Evaluation, Optimization
from deepmix.reference.mixtures.records import AnyMixture
from deepmix.reference.types import Array, Status, Tree

from .. import stopping
from ..execution import lanes as side_by_side
from ._traced import TracedModel

# Networks side by side on an accelerator: each holds six copies of its parameters, and the output of its layers.
MOST_LANES = 32


class Algorithm(NamedTuple):
    """The functions of the loop: `begin`, `loss` and `step` of `one_image`."""

    begin: Callable[..., DeepState]
    loss: Callable[..., tuple[jax.Array, Evaluation]]
    step: Callable[..., tuple[DeepState, Evaluation]]


class Task(NamedTuple):
    """An image (M, *spatial), its weights (*spatial) and floor (M,), and its first parameters and mixture.

    mixture: None for that of `deep_mixtures.one_image.begin`.
    """

    parameters: Tree
    image: Array
    weights: Array
    floor: Array
    mixture: AnyMixture | None = None


class Standing(NamedTuple):
    """The state of Algorithm 3 after t steps; `parameters` and `evaluation` belong to the last finite NLL.

    state: `DeepState`; None in a result.
    """

    t: jax.Array
    state: Tree
    parameters: Tree
    evaluation: Evaluation
    status: jax.Array


@partial(jax.jit, static_argnames="algorithm")
def start(algorithm: Algorithm, job: Task, model: TracedModel) -> Standing:
    """The loop before its first step."""
    parameters, image, weights, floor, mixture = job
    state = algorithm.begin(parameters, image, weights, floor, model.model)
    if mixture is not None:
        state = state._replace(mixture=jax.tree.map(jnp.copy, mixture))  # loops consume their state
    loss = partial(algorithm.loss, model=model.model)
    _, shapes = jax.eval_shape(loss, parameters, image, state.mixture, weights, floor)
    nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    return Standing(
        t=jnp.asarray(0),
        state=state,
        parameters=jax.tree.map(jnp.copy, parameters),
        evaluation=nothing,
        status=jnp.asarray(Status.running),
    )


@partial(jax.jit, static_argnames=("algorithm", "chunk"), donate_argnames="loop")
def advance(
    algorithm: Algorithm, loop: Standing, job: Task, model: TracedModel, optimization: Optimization, chunk: int
) -> tuple[Standing, jax.Array]:
    """At most `chunk` steps; the second result holds their NLLs."""
    opening = loop.t

    def turn(carry: tuple[Standing, jax.Array]) -> tuple[Standing, jax.Array]:
        loop, history = carry
        following, nll = _turn(algorithm, loop, job, model, optimization)
        return following, history.at[loop.t - opening].set(nll)

    def unfinished(carry: tuple[Standing, jax.Array]) -> jax.Array:
        loop, _ = carry
        return (loop.status == Status.running) & (loop.t - opening < chunk)

    return jax.lax.while_loop(unfinished, turn, (loop, jnp.zeros(chunk, job.image.dtype)))


def run_batch(
    algorithm: Algorithm,
    jobs: Sequence[Task],
    model: TracedModel,
    optimization: Optimization,
    progress: Callable[[int], None] | None,
    lanes: int | None,
    chunk: int,
) -> list[tuple[Standing, np.ndarray]]:
    """The loops of all jobs after their last step and their histories, in NumPy arrays, without the states."""
    queue = jax.device_put(jax.tree.map(lambda *leaves: np.stack(leaves), *jobs))
    max_steps = int(optimization.max_steps)
    filled = _fill(
        algorithm, queue, model, optimization, max_steps, side_by_side.count(lanes, len(jobs), MOST_LANES)
    )
    while (n_done := int(filled.n_done)) < len(jobs):
        filled = _advance_batch(algorithm, filled, queue, model, optimization, max_steps, chunk)
        if progress is not None and int(filled.n_done) > n_done:
            progress(int(filled.n_done))
    leaves, structure = jax.tree.flatten(jax.device_get(filled.results))
    return [jax.tree.unflatten(structure, of_image) for of_image in zip(*leaves, strict=True)]


def _turn(
    algorithm: Algorithm, loop: Standing, job: Task, model: TracedModel, optimization: Optimization
) -> tuple[Standing, jax.Array]:
    """One step: the loop after it, with its status, and its NLL."""
    _, image, weights, floor, _ = job
    following, evaluation = algorithm.step(loop.state, image, weights, floor, model.model, optimization)
    finite = jnp.isfinite(evaluation.value)
    settled = jnp.abs(loop.evaluation.value - evaluation.value) < optimization.tol
    settled &= loop.t > optimization.min_steps
    status = stopping.status(evaluation.value, settled, loop.t >= optimization.max_steps - 1)
    new, old = (loop.state.parameters, evaluation), (loop.parameters, loop.evaluation)
    parameters, kept = jax.tree.map(partial(jnp.where, finite | (loop.t == 0)), new, old)
    return Standing(
        t=loop.t + 1, state=following, parameters=parameters, evaluation=kept, status=status
    ), evaluation.value


def _work(
    algorithm: Algorithm, model: TracedModel, optimization: Optimization, max_steps: int
) -> side_by_side.Work:
    """The loop of one job with its history."""

    def begin(job: Task) -> tuple[Standing, jax.Array]:
        return start(algorithm, job, model), jnp.full(max_steps, jnp.nan, job.image.dtype)

    def turn(state: tuple[Standing, jax.Array], job: Task) -> tuple[Standing, jax.Array]:
        loop, history = state
        following, nll = _turn(algorithm, loop, job, model, optimization)
        return following, history.at[loop.t].set(nll)

    def result(state: tuple[Standing, jax.Array]) -> tuple[Standing, jax.Array]:
        loop, history = state
        return loop._replace(state=None), history

    return side_by_side.Work(
        begin=begin, turn=turn, running=lambda state: state[0].status == Status.running, result=result
    )


@partial(jax.jit, static_argnames=("algorithm", "max_steps", "n_lanes"))
def _fill(
    algorithm: Algorithm,
    queue: Task,
    model: TracedModel,
    optimization: Optimization,
    max_steps: int,
    n_lanes: int,
) -> side_by_side.Lanes:
    return side_by_side.start(_work(algorithm, model, optimization, max_steps), queue, n_lanes)


@partial(jax.jit, static_argnames=("algorithm", "max_steps", "chunk"), donate_argnames="lanes")
def _advance_batch(
    algorithm: Algorithm,
    lanes: side_by_side.Lanes,
    queue: Task,
    model: TracedModel,
    optimization: Optimization,
    max_steps: int,
    chunk: int,
) -> side_by_side.Lanes:
    return side_by_side.advance(_work(algorithm, model, optimization, max_steps), lanes, queue, chunk)
