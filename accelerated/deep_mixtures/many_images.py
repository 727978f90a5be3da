"""Algorithm 4: one network for many images [TR]; see `reference.deep_mixtures.many_images`."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from deepmix.reference.deep_mixtures import many_images
from deepmix.reference.deep_mixtures.checks import check_batch, check_image, check_model, check_training
from deepmix.reference.deep_mixtures.records import (
    LABEL_RULES,
    Batch,
    DeepModel,
    Evaluation,
    Prediction,
    Trained,
    Training,
    TrainingModel,
    TrainingState,
)
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Progress, Status, Tree

from ..execution import meshes
from ..execution.arrays import cast, floating
from ..execution.precision import HIGHEST
from ..execution.rows import greatest
from ..losses import segmentation
from ..mixtures import gaussian
from ..networks.unet import of_batch
from ..optimization import adamw
from ..optimization.schedules import polynomial_decay
from . import one_image
from ._prior import mixture_of


def loss(
    parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel(), *, product_dtype: str | None = None
) -> tuple[jax.Array, Evaluation]:
    """See `reference.deep_mixtures.many_images.loss` [TR1], [TR4]. The evaluation has a leading axis B."""
    logits = of_batch(parameters, batch.images, model.deep.unet, product_dtype=product_dtype)

    def of_image(logits: jax.Array, image: jax.Array, weights: jax.Array, truth: Any) -> tuple:
        surroundings = _surroundings(image, weights, len(logits), model.deep)
        value, evaluation = one_image.loss_of_logits(logits, image, *surroundings, model.deep)
        return value + _supervise(evaluation.proportions, truth, weights, model.supervision), evaluation

    def mixture_of_image(proportions: jax.Array, image: jax.Array, weights: jax.Array) -> Mixture:
        surroundings = _surroundings(image, weights, len(proportions), model.deep)
        return mixture_of(proportions, image, *surroundings, model.deep.covariance_type)

    values, evaluations = jax.vmap(of_image)(logits, batch.images, batch.weights, batch.truth)
    total = jnp.vdot(batch.shares, values, precision=HIGHEST) / batch.shares.sum()
    if model.of_batch:
        mixtures = jax.vmap(mixture_of_image)(evaluations.proportions, batch.images, batch.weights)
        for regularizer, strength in model.of_batch:
            total += strength * regularizer(evaluations.proportions, mixtures, batch)
    return total, evaluations


@partial(jax.jit, static_argnames=("model", "product_dtype"))
def loss_and_gradient(
    parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel(), *, product_dtype: str | None = None
) -> tuple[jax.Array, Evaluation, Tree]:
    """See `reference.deep_mixtures.many_images.loss_and_gradient`."""
    differentiated = jax.value_and_grad(partial(loss, product_dtype=product_dtype), has_aux=True)
    (value, evaluations), gradient = differentiated(parameters, batch, model)
    return value, evaluations, gradient


@partial(jax.jit, static_argnames=("model", "product_dtype"))
def step(
    state: TrainingState,
    batch: Batch,
    learning_rate: jax.Array,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
    *,
    product_dtype: str | None = None,
) -> tuple[TrainingState, Evaluation]:
    """See `reference.deep_mixtures.many_images.step` [TR2]. On a mesh the devices share the batch."""
    state, _, evaluations = _descend(state, batch, learning_rate, model, training, product_dtype)
    return state, evaluations


def fit(
    parameters: Tree,
    batches: Callable[[int], Iterable[Batch]],
    *,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
    progress: Progress | None = None,
    mesh: Mesh | None = None,
    product_dtype: str | None = None,
) -> Trained:
    """See `reference.deep_mixtures.many_images.fit`, Algorithm 4; in the dtype of the parameters.

    mesh: devices that share the images of a batch. product_dtype: as in `deep_mixtures.one_image.fit`.
    """
    check_training(model)
    n_components, config = len(parameters["head"]["bias"]), model.deep.unet

    def checked(epoch: int) -> Iterable[Batch]:
        return (check_batch(batch, n_components, config) for batch in batches(epoch))

    return solve(
        parameters,
        checked,
        model=model,
        training=training,
        progress=progress,
        mesh=mesh,
        product_dtype=product_dtype,
    )


def solve(
    parameters: Tree,
    batches: Callable[[int], Iterable[Batch]],
    *,
    model: TrainingModel,
    training: Training,
    progress: Progress | None,
    mesh: Mesh | None = None,
    product_dtype: str | None = None,
) -> Trained:
    """See `reference.deep_mixtures.many_images.solve`."""
    course = begun = begin(parameters, mesh)
    for course in run(
        begun,
        lambda epoch, done: batches(epoch),
        model=model,
        training=training,
        mesh=mesh,
        product_dtype=product_dtype,
    ):
        if progress is not None and not course.sums:
            progress(len(course.history) - 1, course.history[-1])
    finite = [nll for nll in course.history if np.isfinite(nll)]
    return Trained(
        value=finite[-1] if finite else np.nan,
        history=np.array(course.history),
        status=course.status,
        degenerate=np.array(course.degenerate),
        parameters=course.parameters,
    )


class Course(NamedTuple):
    """The state of training between two steps: all that its further course depends on.

    state: θ and AdamW's state. opening: θ at the beginning of the epoch. kept: θ at the beginning of the last
    epoch whose mean NLL was finite. history: the mean NLLs of the epochs that have ended. objective: their mean
    losses.
    sums: (3 + K,) for each batch of this epoch so far: Σ shares·NLL, loss · Σ shares, Σ shares, and for each class
    the shares of the images where it is not degenerate; JAX may still be computing them.
    degenerate: the classes that were degenerate in every image of the last epoch [G3].
    """

    state: TrainingState
    opening: Tree
    kept: Tree
    history: tuple[float, ...] = ()
    objective: tuple[float, ...] = ()
    sums: tuple[jax.Array, ...] = ()
    status: Status = Status.running
    degenerate: tuple[bool, ...] = ()

    @property
    def parameters(self) -> Tree:
        """What training returns if it ends here."""
        return self.kept if self.status == Status.non_finite else self.state.parameters


def begin(parameters: Tree, mesh: Mesh | None = None) -> Course:
    """Training before its first step, on the device or on all of a mesh."""
    parameters = jax.tree.map(jnp.asarray, parameters)
    state = TrainingState(parameters=parameters, optimizer=adamw.init(parameters))
    if mesh is not None:
        state = meshes.gathered(state, meshes.over(mesh))
    return Course(state=state, opening=state.parameters, kept=state.parameters)


def run(
    course: Course,
    batches: Callable[[int, int], Iterable[Batch]],
    *,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
    mesh: Mesh | None = None,
    product_dtype: str | None = None,
) -> Iterator[Course]:
    """Go on to the end of Algorithm 4; yields the course after each step, and after each epoch without `sums`.

    batches: from the number of an epoch, and how many of its mini-batches are done, the others, as `check_batch`
    returns them; if processes share a mesh, each gives its part of every batch. mesh, product_dtype: as in `fit`.
    Raises ValueError for an epoch without a batch.
    """
    while course.status == Status.running:
        epoch = len(course.history)
        learning_rate = polynomial_decay(training.learning_rate, epoch, training.max_epochs)
        for batch in batches(epoch, len(course.sums)):
            placed = _place(batch, course.opening, mesh)
            state, sums = _summed_step(course.state, placed, learning_rate, model, training, product_dtype)
            course = course._replace(state=state, sums=(*course.sums, sums))
            yield course
        if not course.sums:
            raise ValueError(f"epoch {epoch} has no batch")
        course = _after_epoch(course, training)
        yield course


def _after_epoch(course: Course, training: Training) -> Course:
    """The means of the epoch that has just ended [TR2], and the beginning of the next."""
    nll, objective, count, *occupied = np.sum(course.sums, axis=0, dtype=float).tolist()
    history = (*course.history, nll / count)
    status = ended(list(history), training)
    kept = course.kept if status == Status.non_finite and course.history else course.opening
    objectives = (*course.objective, objective / count)
    return Course(
        state=course.state,
        opening=course.state.parameters,
        kept=kept,
        history=history,
        objective=objectives,
        status=status,
        degenerate=tuple(share == 0 for share in occupied),
    )


def _descend(
    state: TrainingState,
    batch: Batch,
    learning_rate: jax.Array,
    model: TrainingModel,
    training: Training,
    product_dtype: str | None,
) -> tuple[TrainingState, jax.Array, Evaluation]:
    """`step` with the loss."""
    value, evaluations, gradient = loss_and_gradient(state.parameters, batch, model, product_dtype=product_dtype)
    parameters, optimizer = adamw.update(
        state.parameters,
        adamw.clip(gradient, training.max_norm),
        state.optimizer,
        learning_rate=learning_rate,
        weight_decay=training.weight_decay,
    )
    return TrainingState(parameters=parameters, optimizer=optimizer), value, evaluations


@partial(jax.jit, static_argnames=("model", "training", "product_dtype"))
def _summed_step(
    state: TrainingState,
    batch: Batch,
    learning_rate: jax.Array,
    model: TrainingModel,
    training: Training,
    product_dtype: str | None,
) -> tuple[TrainingState, jax.Array]:
    """`step`, with the sums of the batch, see `Course`."""
    state, value, evaluations = _descend(state, batch, learning_rate, model, training, product_dtype)
    count = batch.shares.sum()
    nll = jnp.vdot(evaluations.value, batch.shares, precision=HIGHEST)
    occupied = jnp.matmul(batch.shares, ~evaluations.degenerate, precision=HIGHEST)
    return state, jnp.concatenate([jnp.stack([nll, value * count, count]), occupied])


def _place(batch: Batch, parameters: Tree, mesh: Mesh | None) -> Batch:
    """A batch on the device in the parameters' dtype; on a mesh, filled up by images that do not count."""
    dtype = jax.tree.leaves(parameters)[0].dtype
    batch = jax.tree.map(lambda array: np.asarray(array, dtype), batch)
    if mesh is None:
        return jax.device_put(batch)
    missing = -len(batch.shares) % len(mesh.local_devices)
    filled = jax.tree.map(lambda array: np.concatenate([array, *[array[-1:]] * missing]), batch)
    filled.shares[len(batch.shares) :] = 0
    return meshes.gathered(filled, meshes.over(mesh, mesh.axis_names))


def ended(history: list[float], training: Training = Training()) -> Status:
    """See `reference.deep_mixtures.many_images.ended` [TR2]: a decision about a few numbers, on the host."""
    return many_images.ended(history, training)


def predict(
    parameters: Tree,
    image: jax.Array,
    mask: jax.Array | None = None,
    *,
    model: DeepModel = DeepModel(),
    product_dtype: str | None = None,
) -> Prediction:
    """See `reference.deep_mixtures.many_images.predict` [TR3]."""
    check_model(model)
    x, w = check_image(floating(image), mask, len(parameters["head"]["bias"]), model.unet)
    return solve_prediction(cast(parameters, x.dtype), x, w, model=model, product_dtype=product_dtype)


@partial(jax.jit, static_argnames=("model", "product_dtype"))
def solve_prediction(
    parameters: Tree,
    image: jax.Array,
    weights: jax.Array,
    *,
    model: DeepModel,
    product_dtype: str | None = None,
) -> Prediction:
    """See `reference.deep_mixtures.many_images.solve_prediction`; one program."""
    surroundings = _surroundings(image, weights, len(parameters["head"]["bias"]), model)
    _, evaluation = one_image.loss(parameters, image, *surroundings, model, product_dtype=product_dtype)
    chosen = LABEL_RULES[model.label_rule](evaluation)
    return Prediction(**evaluation._asdict(), labels=greatest(chosen))


def _surroundings(
    image: jax.Array, weights: jax.Array, n_components: int, model: DeepModel
) -> tuple[Mixture, jax.Array, jax.Array]:
    """The mixture that empty classes keep, the weights and the floor [G3]."""
    pixels, w = image.reshape(len(image), -1), weights.ravel()
    floor = gaussian.variance_floor(pixels, w)
    return gaussian.global_mixture(pixels, w, floor, n_components, model.covariance_type), weights, floor


def _supervise(
    proportions: jax.Array, truth: jax.Array | None, weights: jax.Array, strength: float
) -> jax.Array | float:
    """See `reference.deep_mixtures.many_images` [TR4]."""
    if truth is None or not strength:
        return 0.0
    known = proportions, truth, weights
    return strength * (segmentation.cross_entropy(*known) + segmentation.soft_dice(*known))
