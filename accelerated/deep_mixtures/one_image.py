"""Algorithm 3: deepG and deepSVG on one image [DG]; see `reference.deep_mixtures.one_image`."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import plain
from deepmix.reference.deep_mixtures.checks import AXES, check_descent, check_image, check_model, check_target
from deepmix.reference.deep_mixtures.records import (
    LABEL_RULES,
    DeepFit,
    DeepModel,
    DeepState,
    Evaluation,
    Optimization,
)
from deepmix.reference.mixtures.records import AnyMixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Array, Progress, Status, Tree

from ..execution.arrays import cast, floating
from ..execution.results import unpacked
from ..execution.rows import greatest
from ..mixtures import families, gaussian
from ..mixtures.families import FAMILIES
from ..networks.unet import unet
from ..optimization import adamw
from . import _descent, regularizers
from ._traced import compiled, traced
from .objectives import OBJECTIVES


def loss(
    parameters: Tree,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
    *,
    product_dtype: str | None = None,
) -> tuple[jax.Array, Evaluation]:
    """See `reference.deep_mixtures.one_image.loss`."""
    logits = unet(parameters, image, model.unet, product_dtype=product_dtype)
    return loss_of_logits(logits, image, previous, weights, floor, model, damping)


def loss_of_logits(
    logits: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
) -> tuple[jax.Array, Evaluation]:
    """`loss` as a function of the network's output (K, *spatial)."""
    evaluation = OBJECTIVES[model.objective](logits, image, previous, weights, floor, model, damping)
    regular = regularizers.total(evaluation.proportions, image, previous, weights, floor, model)
    return evaluation.value + regular, evaluation


@compiled("product_dtype")
def loss_and_gradient(
    parameters: Tree,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
    *,
    product_dtype: str | None = None,
) -> tuple[jax.Array, Evaluation, Tree]:
    """See `reference.deep_mixtures.one_image.loss_and_gradient`."""

    def of_parameters(parameters: Tree) -> tuple[jax.Array, Evaluation]:
        return loss(parameters, image, previous, weights, floor, model, damping, product_dtype=product_dtype)

    (value, evaluation), gradient = jax.value_and_grad(of_parameters, has_aux=True)(parameters)
    return value, evaluation, gradient


@compiled("product_dtype")
def step(
    state: DeepState,
    image: jax.Array,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    *,
    product_dtype: str | None = None,
) -> tuple[DeepState, Evaluation]:
    """See `reference.deep_mixtures.one_image.step` [DG1]."""
    damping = m_step_damping(state.optimizer.count, optimization).astype(image.dtype)
    given = state.parameters, image, state.mixture, weights, floor, model, damping
    _, evaluation, gradient = loss_and_gradient(*given, product_dtype=product_dtype)
    parameters, optimizer = _descend(state.parameters, gradient, state.optimizer, optimization)
    return DeepState(parameters=parameters, optimizer=optimizer, mixture=evaluation.mixture), evaluation


def m_step_damping(t: jax.Array | int, optimization: Optimization) -> jax.Array:
    """See `reference.deep_mixtures.one_image.m_step_damping` [VE3]."""
    every = optimization.m_step_every
    due = (t > 0) & (every > 0) & (t % jnp.maximum(every, 1) == 0)
    return jnp.where(due, optimization.m_step_damping, 0.0)


def fit(
    image: jax.Array,
    parameters: Tree,
    mask: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixture: AnyMixture | None = None,
    progress: Progress | None = None,
    chunk: int = 10,
    product_dtype: str | None = None,
) -> DeepFit:
    """See `reference.deep_mixtures.one_image.fit`, Algorithm 3.

    chunk: steps between two returns to the host. product_dtype: "bfloat16" makes the network's convolutions, and
    nothing else, compute in that dtype, in which accelerators multiply several times faster.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    checked = check_image(floating(image), mask, n_components, model.unet, model.family)
    check_descent(model, optimization, mixture, checked[0], n_components)
    x, w = map(jnp.asarray, checked)
    floor = families.floor(x.reshape(len(x), -1), w.ravel(), model.family)
    begins_with = None if mixture is None else cast(mixture, x.dtype)
    job = _descent.Task(parameters=cast(parameters, x.dtype), image=x, weights=w, floor=floor, mixture=begins_with)
    made_of = algorithm(product_dtype)
    loop = _descent.start(made_of, job, traced(model))
    history: list[float] = []
    while Status(int(loop.status)) == Status.running:
        loop, chunk_history = _descent.advance(made_of, loop, job, traced(model), optimization, chunk)
        for nll in np.asarray(chunk_history)[: int(loop.t) - len(history)]:
            history.append(nll)
            if progress is not None:
                progress(len(history) - 1, float(nll))
    return unpacked(_fit(loop, np.array(history), model))


def solve(
    image: jax.Array,
    parameters: Tree,
    weights: jax.Array,
    floor: jax.Array,
    *,
    model: DeepModel,
    optimization: Optimization,
    mixture: AnyMixture | None,
) -> DeepFit:
    """See `reference.deep_mixtures.one_image.solve`; one program, its history at full length: NaN after the end.

    It never returns to the host, and so cannot report progress; for that, `fit` runs in chunks of steps.
    """
    job = _descent.Task(parameters=parameters, image=image, weights=weights, floor=floor, mixture=mixture)
    loop = _descent.start(algorithm(), job, traced(model))
    loop, values = _descent.advance(algorithm(), loop, job, traced(model), optimization, optimization.max_steps)
    history = jnp.where(jnp.arange(len(values)) < loop.t, values, jnp.nan)
    return _fit(loop, history, model)


def fit_batch(
    images: jax.Array,
    parameters: Sequence[Tree],
    masks: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixtures: Sequence[AnyMixture] | None = None,
    progress: Callable[[int], None] | None = None,
    lanes: int | None = None,
    chunk: int = 10,
    product_dtype: str | None = None,
) -> list[DeepFit]:
    """`fit` of B images of one size, each with its own network.

    images: (B, M, *spatial). parameters: B trees. masks: (B, *spatial). mixtures: B of them.
    progress: called with the number of images done.
    lanes: how many networks run side by side; if not given, one on a CPU and up to 32 elsewhere. When one has
    ended, the next begins. chunk, product_dtype: as in `fit`.
    Returns the B fits, in NumPy arrays. Raises ValueError as `fit`.
    """
    check_model(model)
    axes = AXES[: len(model.unet.spacing)]
    if np.ndim(images) != 2 + len(axes) or len(parameters) != len(images):
        raise ValueError(
            f"images must have the shape (images, channels, {', '.join(axes)}), and each needs its parameters; "
            f"got {np.shape(images)} and {len(parameters)} trees"
        )
    if masks is not None and len(masks) != len(images):
        raise ValueError(f"masks are of {len(masks)} images, but there are {len(images)} images")
    if mixtures is not None and len(mixtures) != len(images):
        raise ValueError(f"mixtures are of {len(mixtures)} images, but there are {len(images)} images")
    jobs = []
    for b, image in enumerate(images):
        n_components = len(parameters[b]["head"]["bias"])
        mask = None if masks is None else masks[b]
        mixture = None if mixtures is None else mixtures[b]
        x, w = check_image(floating(image), mask, n_components, model.unet, model.family)
        check_descent(model, optimization, mixture, x, n_components)
        start, mixture = jax.tree.map(partial(np.asarray, dtype=x.dtype), (parameters[b], mixture))
        floor = families.floor(jnp.asarray(x).reshape(len(x), -1), jnp.asarray(w.ravel()), model.family)
        jobs.append(_descent.Task(parameters=start, image=x, weights=w, floor=np.asarray(floor), mixture=mixture))
    ended = _descent.run_batch(algorithm(product_dtype), jobs, traced(model), optimization, progress, lanes, chunk)
    return [unpacked(_fit(loop, history[: int(loop.t)], model)) for loop, history in ended]


@compiled()
def begin(
    parameters: Tree, image: jax.Array, weights: jax.Array, floor: jax.Array, model: DeepModel = DeepModel()
) -> DeepState:
    """See `reference.deep_mixtures.one_image.begin`."""
    n_components = len(parameters["head"]["bias"])
    pixels, kind = image.reshape(len(image), -1), model.covariance_type
    alike = gaussian.global_mixture(pixels, weights.ravel(), floor, n_components, kind)
    mixture = FAMILIES[model.family].of_gaussians(alike, kind)
    return DeepState(parameters=parameters, optimizer=adamw.init(parameters), mixture=mixture)


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
    """See `reference.deep_mixtures.one_image.warm_start` [DG6]."""
    n_components = len(parameters["head"]["bias"])
    x, w = map(jnp.asarray, check_image(floating(image), mask, n_components, config))
    p = jnp.asarray(check_target(plain(target), np.asarray(w), n_components), x.dtype)
    begun = cast(parameters, x.dtype)
    return solve_warm_start(x, begun, p, w, n_steps=n_steps, config=config, optimization=optimization)


@partial(jax.jit, static_argnames="config")
def solve_warm_start(
    image: jax.Array,
    parameters: Tree,
    target: jax.Array,
    weights: jax.Array,
    *,
    n_steps: int,
    config: UNetConfig,
    optimization: Optimization,
) -> Tree:
    """See `reference.deep_mixtures.one_image.solve_warm_start`; one program."""

    def turn(_: jax.Array, carry: tuple[Tree, AdamWState]) -> tuple[Tree, AdamWState]:
        return warm_step(*carry, image, target, weights, config=config, optimization=optimization)

    parameters, _ = jax.lax.fori_loop(0, n_steps, turn, (parameters, adamw.init(parameters)))
    return parameters


@partial(jax.jit, static_argnames="config")
def warm_step(
    parameters: Tree,
    optimizer: AdamWState,
    image: jax.Array,
    target: jax.Array,
    weights: jax.Array,
    *,
    config: UNetConfig,
    optimization: Optimization,
) -> tuple[Tree, AdamWState]:
    """See `reference.deep_mixtures.one_image.warm_step` [DG6]."""

    def cross_entropy(parameters: Tree) -> jax.Array:
        log_proportions = jax.nn.log_softmax(unet(parameters, image, config), axis=0)
        return -(weights * target * log_proportions).sum() / weights.sum()

    return _descend(parameters, jax.grad(cross_entropy)(parameters), optimizer, optimization)


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


def _fit(loop: _descent.Standing, history: Array, model: DeepModel) -> DeepFit:
    return fitted(loop.parameters, loop.evaluation, history, loop.status, model)


def fitted(
    parameters: Tree, evaluation: Evaluation, history: Array, status: Status | Array, model: DeepModel
) -> DeepFit:
    """See `reference.deep_mixtures.one_image.fitted`."""
    chosen = LABEL_RULES[model.label_rule](evaluation)
    return DeepFit(
        **evaluation._asdict(), history=history, status=status, parameters=parameters, labels=greatest(chosen)
    )


@lru_cache
def algorithm(product_dtype: str | None = None) -> _descent.Algorithm:
    """The functions of the loop of Algorithm 3; the same object every time, so that it compiles once."""
    return _descent.Algorithm(begin=begin, loss=loss, step=partial(step, product_dtype=product_dtype))
