"""Algorithm 3: deepG and deepSVG on one image [DG]; see `reference.deep_mixtures.one_image`.

Proportions stay in logs from the network's logits on, so that a class whose Π underflows keeps a
finite gradient.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.deep_mixtures.checks import check_descent, check_image, check_model, check_target
from deepmix.reference.deep_mixtures.records import (
    DeepFit,
    DeepModel,
    DeepState,
    Evaluation,
    Optimization,
    Progress,
)
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.types import Status, Tree

from ..execution.arrays import cast, floating
from ..execution.precision import HIGHEST
from ..mixtures import gaussian
from ..mixtures.em import mean_nll
from ..networks.unet import unet
from ..optimization import adamw
from . import _descent


def loss(
    parameters: Tree,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
    *,
    product_dtype: str | None = None,
) -> tuple[jax.Array, Evaluation]:
    """See `reference.deep_mixtures.one_image.loss`."""
    logits = unet(parameters, image, model.unet, product_dtype=product_dtype)
    return objective(logits, image, previous, weights, floor, model, damping)


def objective(
    logits: jax.Array,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
) -> tuple[jax.Array, Evaluation]:
    """`loss` as a function of the network's output (K, H, W)."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    log_proportions = jax.nn.log_softmax(_columns(logits), axis=0)
    proportions = jnp.exp(log_proportions)  # [DG2]
    of_prior = gaussian.moments(pixels, proportions, w, floor, previous, kind)
    found = of_prior  # [DG3]
    if model.m_step_weights == "posterior":
        densities = gaussian.log_density(pixels, previous.means, previous.covariances, kind)
        responsibilities, _ = gaussian.posterior(log_proportions, densities)  # [SV2]
        found = gaussian.moments(pixels, responsibilities, w, floor, previous, kind)
    mean_proportions = jnp.matmul(proportions, w, precision=HIGHEST) / w.sum()
    mixture = Mixture(mean_proportions, found.means, found.covariances)
    if model.objective == "free_energy":
        mixture = gaussian.blend(previous, mixture, damping, kind)
    if model.m_step_gradient == "held" or model.objective == "free_energy":
        mixture = jax.lax.stop_gradient(mixture)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    posterior, log_likelihood = gaussian.posterior(log_proportions, densities)
    if model.method == "deepg":
        log_mean = jax.nn.logsumexp(log_proportions, axis=1, b=w) - jnp.log(w.sum())
        _, log_likelihood = gaussian.posterior(log_mean[:, None], densities)
    nll = mean_nll(log_likelihood, w)  # [SV1]; deepG [EM2]
    if model.objective == "free_energy":
        nll = _free_energy(log_proportions, mixture, densities, w, model.contamination)
    shape, total = logits.shape, nll
    prior_mixture = Mixture(mean_proportions, of_prior.means, of_prior.covariances)
    for regularizer, strength in model.regularizers:
        total += strength * regularizer(proportions.reshape(shape), prior_mixture, image, weights)
    return total, Evaluation(
        value=nll,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=proportions.reshape(shape),
        responsibilities=posterior.reshape(shape),
    )


@partial(jax.jit, static_argnames="product_dtype")
def loss_and_gradient(
    parameters: Tree,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    model: DeepModel = DeepModel(),
    damping: jax.Array | float = 1.0,
    *,
    product_dtype: str | None = None,
) -> tuple[jax.Array, Evaluation, Tree]:
    """See `reference.deep_mixtures.one_image.loss_and_gradient`."""
    differentiated = jax.value_and_grad(partial(loss, product_dtype=product_dtype), has_aux=True)
    (value, evaluation), gradient = differentiated(parameters, image, previous, weights, floor, model, damping)
    return value, evaluation, gradient


@partial(jax.jit, static_argnames="product_dtype")
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
    t, every = state.optimizer.count, optimization.m_step_every
    due = (t > 0) & (every > 0) & (t % jnp.maximum(every, 1) == 0)
    damping = jnp.where(due, optimization.m_step_damping, 0.0).astype(image.dtype)
    given = state.parameters, image, state.mixture, weights, floor, model, damping
    _, evaluation, gradient = loss_and_gradient(*given, product_dtype=product_dtype)
    parameters, optimizer = _descend(state.parameters, gradient, state.optimizer, optimization)
    return DeepState(parameters, optimizer, evaluation.mixture), evaluation


def fit(
    image: jax.Array,
    parameters: Tree,
    mask: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixture: Mixture | None = None,
    progress: Progress | None = None,
    chunk: int = 10,
    product_dtype: str | None = None,
) -> DeepFit:
    """See `reference.deep_mixtures.one_image.fit`, Algorithm 3.

    chunk: steps between two returns to the host. product_dtype: "bfloat16" makes the network's convolutions
    compute in that dtype, all else staying as it is; accelerators multiply so several times faster.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    checked = check_image(floating(image), mask, n_components, model.unet.depth)
    check_descent(model, optimization, mixture, checked[0], n_components)
    x, w = map(jnp.asarray, checked)
    floor = gaussian.variance_floor(_columns(x), w.ravel())
    begins_with = None if mixture is None else cast(mixture, x.dtype)
    job = _descent.Job(cast(parameters, x.dtype), x, w, floor, begins_with)
    made_of = algorithm(product_dtype)
    loop = _descent.start(made_of, job, model)
    history: list[float] = []
    while Status(int(loop.status)) == Status.running:
        loop, chunk_history = _descent.advance(made_of, loop, job, model, optimization, chunk)
        for nll in np.asarray(chunk_history)[: int(loop.t) - len(history)]:
            history.append(nll)
            if progress is not None:
                progress(len(history) - 1, float(nll))
    return _fit(loop, np.array(history), model)


def fit_batch(
    images: jax.Array,
    parameters: Sequence[Tree],
    masks: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixtures: Sequence[Mixture] | None = None,
    progress: Callable[[int], None] | None = None,
    lanes: int | None = None,
    chunk: int = 10,
    product_dtype: str | None = None,
) -> list[DeepFit]:
    """`fit` of B images of one size, each with its own network.

    images: (B, M, H, W). parameters: B trees. masks: (B, H, W). mixtures: B of them.
    progress: called with the number of images done.
    lanes: networks side by side, one on a CPU and up to 32 elsewhere if not given; one that has ended makes room
    for the next. chunk, product_dtype: as in `fit`.
    Returns the B fits, in NumPy arrays. Raises ValueError as `fit`.
    """
    check_model(model)
    if np.ndim(images) != 4 or len(parameters) != len(images):
        raise ValueError(
            "images must have the shape (images, channels, height, width), and each needs its parameters; "
            f"got {np.shape(images)} and {len(parameters)} trees"
        )
    if masks is not None and len(masks) != len(images):
        raise ValueError(f"masks are of {len(masks)} images, images of {len(images)}")
    if mixtures is not None and len(mixtures) != len(images):
        raise ValueError(f"mixtures are of {len(mixtures)} images, images of {len(images)}")
    jobs = []
    for b, image in enumerate(images):
        n_components = len(parameters[b]["head"]["bias"])
        mask = None if masks is None else masks[b]
        mixture = None if mixtures is None else mixtures[b]
        x, w = check_image(floating(image), mask, n_components, model.unet.depth)
        check_descent(model, optimization, mixture, x, n_components)
        start, mixture = jax.tree.map(partial(np.asarray, dtype=x.dtype), (parameters[b], mixture))
        floor = gaussian.variance_floor(_columns(jnp.asarray(x)), jnp.asarray(w.ravel()))
        jobs.append(_descent.Job(start, x, w, np.asarray(floor), mixture))
    ended = _descent.run_batch(algorithm(product_dtype), jobs, model, optimization, progress, lanes, chunk)
    return [_fit(loop, history[: int(loop.t)], model) for loop, history in ended]


def free_energy(
    proportions: jax.Array,
    mixture: Mixture,
    pixels: jax.Array,
    weights: jax.Array,
    covariance_type: str = "diag",
    contamination: float = 0.0,
) -> jax.Array:
    """See `reference.deep_mixtures.one_image.free_energy` [VE1]."""
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    return _free_energy(jnp.log(proportions), mixture, densities, weights, contamination)


@jax.jit
def begin(
    parameters: Tree, image: jax.Array, weights: jax.Array, floor: jax.Array, model: DeepModel = DeepModel()
) -> DeepState:
    """See `reference.deep_mixtures.one_image.begin`."""
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
    """See `reference.deep_mixtures.one_image.warm_start` [DG6]."""
    n_components = len(parameters["head"]["bias"])
    x, w = map(jnp.asarray, check_image(floating(image), mask, n_components, config.depth))
    p = jnp.asarray(check_target(np.asarray(target), np.asarray(w), n_components), x.dtype)
    return _warm_start(x, cast(parameters, x.dtype), p, w, n_steps, config, optimization)


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


def _free_energy(
    log_proportions: jax.Array,
    mixture: Mixture,
    log_densities: jax.Array,
    weights: jax.Array,
    contamination: jax.Array | float,
) -> jax.Array:
    """F [VE1], [VE4] from log q (K, N); a class without a share of a pixel adds 0 to value and gradient."""
    proportions, log_mean = jnp.exp(log_proportions), jnp.log(mixture.proportions)[:, None]
    log_joint = log_mean + log_densities
    of_any = jnp.log(contamination) + log_mean + jax.nn.logsumexp(log_joint, axis=0)
    log_joint = jnp.logaddexp(jnp.log1p(-contamination) + log_joint, of_any)
    excess = jnp.where(proportions > 0, log_proportions - log_joint, 0)
    return jnp.vdot((proportions * excess).sum(axis=0), weights, precision=HIGHEST) / weights.sum()


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


def _fit(loop: _descent.Loop, history: np.ndarray, model: DeepModel) -> DeepFit:
    evaluation = loop.evaluation
    chosen = evaluation.responsibilities if model.label_rule == "posterior" else evaluation.proportions
    return DeepFit(
        **evaluation._asdict(),
        history=history,
        status=Status(int(loop.status)),
        parameters=loop.parameters,
        labels=chosen.argmax(axis=0),
    )


@lru_cache
def algorithm(product_dtype: str | None = None) -> _descent.Algorithm:
    """What the loop of Algorithm 3 is made of; the same object every time, so that it compiles once."""
    return _descent.Algorithm(begin, loss, partial(step, product_dtype=product_dtype))
