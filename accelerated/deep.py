"""Algorithm 3: deepG and deepSVG on one image [DG]; see `reference.deep`.

Proportions stay in logs from the network's logits on, so that a class whose Π underflows keeps a
finite gradient. The loop runs on the device, in chunks of steps.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import check_image, check_model, check_target
from deepmix.reference.types import (
    AdamWState,
    DeepFit,
    DeepModel,
    DeepState,
    Evaluation,
    Mixture,
    Optimization,
    Progress,
    Status,
    Tree,
    UNetConfig,
)

from . import adamw, gaussian
from .arrays import cast, floating
from .em import mean_nll
from .unet import unet


def loss(
    parameters: Tree,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
) -> tuple[jax.Array, Evaluation]:
    """See `reference.deep.loss`."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    logits = unet(parameters, image, model.unet)
    log_proportions = jax.nn.log_softmax(_columns(logits), axis=0)
    proportions = jnp.exp(log_proportions)  # [DG2]
    of_prior = gaussian.moments(pixels, proportions, w, floor, previous, kind)
    found = of_prior  # [DG3]
    if model.m_step_weights == "posterior":
        densities = gaussian.log_density(pixels, previous.means, previous.covariances, kind)
        responsibilities, _ = gaussian.posterior(log_proportions, densities)  # [SV2]
        found = gaussian.moments(pixels, responsibilities, w, floor, previous, kind)
    if model.m_step_gradient == "held":
        found = jax.lax.stop_gradient(found)
    densities = gaussian.log_density(pixels, found.means, found.covariances, kind)
    posterior, log_likelihood = gaussian.posterior(log_proportions, densities)
    if model.method == "deepg":
        log_mean = jax.nn.logsumexp(log_proportions, axis=1, b=w) - jnp.log(w.sum())
        _, log_likelihood = gaussian.posterior(log_mean[:, None], densities)
    nll = mean_nll(log_likelihood, w)  # [SV1]; deepG [EM2]
    mean_proportions = jnp.matmul(proportions, w, precision=gaussian.HIGHEST) / w.sum()
    shape, total = logits.shape, nll
    prior_mixture = Mixture(mean_proportions, of_prior.means, of_prior.covariances)
    for regularizer, strength in model.regularizers:
        total += strength * regularizer(proportions.reshape(shape), prior_mixture, image, weights)
    mixture = Mixture(mean_proportions, found.means, found.covariances)
    return total, Evaluation(nll, proportions.reshape(shape), posterior.reshape(shape), mixture, found.degenerate)


@partial(jax.jit, static_argnames="model")
def loss_and_gradient(
    parameters: Tree,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
) -> tuple[jax.Array, Evaluation, Tree]:
    """See `reference.deep.loss_and_gradient`."""
    differentiated = jax.value_and_grad(loss, has_aux=True)
    (value, evaluation), gradient = differentiated(parameters, image, previous, weights, floor, model)
    return value, evaluation, gradient


@partial(jax.jit, static_argnames="model")
def step(
    state: DeepState,
    image: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
) -> tuple[DeepState, Evaluation]:
    """See `reference.deep.step` [DG1]."""
    _, evaluation, gradient = loss_and_gradient(state.parameters, image, state.mixture, weights, floor, model)
    parameters, optimizer = _descend(state.parameters, gradient, state.optimizer, optimization)
    return DeepState(parameters, optimizer, evaluation.mixture), evaluation


def fit(
    image: jax.Array,
    parameters: Tree,
    mask: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    progress: Progress | None = None,
    chunk: int = 10,
) -> DeepFit:
    """See `reference.deep.fit`, Algorithm 3. chunk: steps between two returns to the host."""
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    x, w = map(jnp.asarray, check_image(floating(image), mask, n_components, model.unet.depth))
    floor = gaussian.variance_floor(_columns(x), w.ravel())
    loop = _start(cast(parameters, x.dtype), x, w, floor, model)
    history: list[float] = []
    while Status(int(loop.status)) == Status.running:
        loop, chunk_history = _advance(loop, x, w, floor, model, optimization, chunk)
        for nll in np.asarray(chunk_history)[: int(loop.t) - len(history)]:
            history.append(nll)
            if progress is not None:
                progress(len(history) - 1, float(nll))
    evaluation = loop.evaluation
    chosen = evaluation.posterior if model.label_rule == "posterior" else evaluation.proportions
    return DeepFit(
        loop.parameters,
        evaluation.proportions,
        evaluation.posterior,
        evaluation.mixture,
        chosen.argmax(axis=0),
        evaluation.nll,
        np.array(history),
        Status(int(loop.status)),
        evaluation.degenerate,
    )


@partial(jax.jit, static_argnames="model")
def begin(
    parameters: Tree, image: jax.Array, weights: jax.Array, floor: jax.Array, model: DeepModel = DeepModel()
) -> DeepState:
    """See `reference.deep.begin`."""
    n_components = len(parameters["head"]["bias"])
    mixture = gaussian.global_mixture(_columns(image), weights.ravel(), floor, n_components, model.covariance_type)
    return DeepState(parameters, adamw.init(parameters), mixture)


def warm_start(
    image: jax.Array,
    parameters: Tree,
    target: jax.Array,
    mask: jax.Array | None = None,
    *,
    n_steps: int = 40,
    config: UNetConfig = UNetConfig(),
    optimization: Optimization = Optimization(),
) -> Tree:
    """See `reference.deep.warm_start` [DG6]."""
    n_components = len(parameters["head"]["bias"])
    x, w = map(jnp.asarray, check_image(floating(image), mask, n_components, config.depth))
    p = jnp.asarray(check_target(np.asarray(target), np.asarray(w), n_components), x.dtype)
    return _warm_start(x, cast(parameters, x.dtype), p, w, n_steps, config, optimization)


class _Loop(NamedTuple):
    """The loop after t steps; `parameters` and `evaluation` belong to the last finite NLL."""

    t: jax.Array
    state: DeepState
    parameters: Tree
    evaluation: Evaluation
    status: jax.Array


@partial(jax.jit, static_argnames="model")
def _start(parameters: Tree, image: jax.Array, weights: jax.Array, floor: jax.Array, model: DeepModel) -> _Loop:
    state = begin(parameters, image, weights, floor, model)
    _, shapes = jax.eval_shape(partial(loss, model=model), parameters, image, state.mixture, weights, floor)
    nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    return _Loop(jnp.asarray(0), state, jax.tree.map(jnp.copy, parameters), nothing, jnp.asarray(Status.running))


@partial(jax.jit, static_argnames=("model", "chunk"), donate_argnames="loop")
def _advance(
    loop: _Loop,
    image: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel,
    optimization: Optimization,
    chunk: int,
) -> tuple[_Loop, jax.Array]:
    """At most `chunk` steps; the second result holds their NLLs."""
    opening = loop.t

    def turn(carry: tuple[_Loop, jax.Array]) -> tuple[_Loop, jax.Array]:
        loop, history = carry
        following, evaluation = step(loop.state, image, weights, floor, model, optimization)
        finite = jnp.isfinite(evaluation.nll)
        settled = jnp.abs(loop.evaluation.nll - evaluation.nll) < optimization.tol
        status = jnp.where(loop.t >= optimization.max_steps - 1, Status.max_steps, Status.running)
        status = jnp.where((loop.t > optimization.min_steps) & settled, Status.converged, status)
        status = jnp.where(finite, status, Status.non_finite)
        new, old = (loop.state.parameters, evaluation), (loop.parameters, loop.evaluation)
        parameters, kept = jax.tree.map(partial(jnp.where, finite | (loop.t == 0)), new, old)
        history = history.at[loop.t - opening].set(evaluation.nll)
        return _Loop(loop.t + 1, following, parameters, kept, status), history

    def unfinished(carry: tuple[_Loop, jax.Array]) -> jax.Array:
        loop, _ = carry
        return (loop.status == Status.running) & (loop.t - opening < chunk)

    return jax.lax.while_loop(unfinished, turn, (loop, jnp.zeros(chunk, image.dtype)))


@partial(jax.jit, static_argnames="config")
def _warm_start(
    image: jax.Array,
    parameters: Tree,
    target: jax.Array,
    weights: jax.Array,
    n_steps: int,
    config: UNetConfig,
    optimization: Optimization,
) -> Tree:
    def cross_entropy(parameters: Tree) -> jax.Array:
        log_proportions = jax.nn.log_softmax(unet(parameters, image, config), axis=0)
        return -(weights * target * log_proportions).sum() / weights.sum()

    def turn(_: jax.Array, carry: tuple) -> tuple:
        parameters, optimizer = carry
        return _descend(parameters, jax.grad(cross_entropy)(parameters), optimizer, optimization)

    parameters, _ = jax.lax.fori_loop(0, n_steps, turn, (parameters, adamw.init(parameters)))
    return parameters


def _descend(
    parameters: Tree, gradient: Tree, optimizer: AdamWState, optimization: Optimization
) -> tuple[Tree, AdamWState]:
    return adamw.update(
        parameters,
        adamw.clip(gradient, optimization.max_norm),
        optimizer,
        learning_rate=optimization.learning_rate,
        weight_decay=optimization.weight_decay,
    )


def _columns(maps: jax.Array) -> jax.Array:
    return maps.reshape(len(maps), -1)
