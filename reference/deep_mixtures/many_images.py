"""Algorithm 4: one network for many images [TR]."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import stopping
from ..checks import plain
from ..losses import segmentation
from ..mixtures import gaussian
from ..mixtures.records import Mixture
from ..optimization import adamw
from ..optimization.schedules import polynomial_decay
from ..trees import tree_map
from ..types import Progress, Status, Tree
from . import one_image, regularizers
from .checks import check_batch, check_image, check_model, check_training
from .records import (
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


def loss(parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel()) -> tuple[float, Evaluation]:
    """Mean over the batch of NLL + Σ λ R + α (cross-entropy + Dice loss), and Σ λ R of the batch [TR1], [TR4].

    parameters: θ. batch: B images. model: the terms of the loss. Returns the loss and the `Evaluation`, whose
    arrays have a leading axis B.
    """
    value, evaluations, _ = _loss_and_pullback(parameters, batch, model)
    return value, evaluations


def loss_and_gradient(
    parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel()
) -> tuple[float, Evaluation, Tree]:
    """`loss` with its gradient at θ. Arguments as for `loss`."""
    value, evaluations, pullback = _loss_and_pullback(parameters, batch, model)
    return value, evaluations, pullback()


def step(
    state: TrainingState,
    batch: Batch,
    learning_rate: float,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
) -> tuple[TrainingState, Evaluation]:
    """One AdamW step on the loss of a batch [TR2].

    state: θ and AdamW's state. learning_rate: of this step. The other arguments are those of `fit`.
    Returns the new state, and the `Evaluation` at θ from before the step.
    """
    _, evaluations, gradient = loss_and_gradient(state.parameters, batch, model)
    parameters, optimizer = adamw.update(
        state.parameters,
        adamw.clip(gradient, training.max_norm),
        state.optimizer,
        learning_rate=learning_rate,
        weight_decay=training.weight_decay,
    )
    return TrainingState(parameters=parameters, optimizer=optimizer), evaluations


def fit(
    parameters: Tree,
    batches: Callable[[int], Iterable[Batch]],
    *,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
    progress: Progress | None = None,
) -> Trained:
    """Train one network on many images (Algorithm 4) [TR1], [TR2].

    parameters: θ_0. batches: from the number of an epoch, its mini-batches in order, already augmented.
    model: what is minimised. training: settings of the loop. progress: called with the epoch and its mean NLL.
    Returns `Trained`. Raises ValueError for bad input and for switches that do not go together.
    """
    check_training(model)
    n_components, config = len(parameters["head"]["bias"]), model.deep.unet

    def checked(epoch: int) -> Iterable[Batch]:
        return (check_batch(batch, n_components, config) for batch in batches(epoch))

    return solve(parameters, checked, model=model, training=training, progress=progress)


def solve(
    parameters: Tree,
    batches: Callable[[int], Iterable[Batch]],
    *,
    model: TrainingModel,
    training: Training,
    progress: Progress | None,
) -> Trained:
    """`fit` of input that has been checked."""
    state = TrainingState(parameters=parameters, optimizer=adamw.init(parameters))
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        opening, epoch, nlls, shares, lost = state, len(history), [], [], []
        learning_rate = polynomial_decay(training.learning_rate, epoch, training.max_epochs)
        for batch in batches(epoch):
            state, evaluations = step(state, batch, learning_rate, model, training)
            nlls += list(evaluations.value)
            shares += list(batch.shares)
            lost += list(evaluations.degenerate[batch.shares > 0])
        if not nlls:
            raise ValueError(f"epoch {epoch} has no batch")
        history.append(np.average(nlls, weights=shares))
        if progress is not None:
            progress(epoch, history[-1])
        status = ended(history, training)
        if status != Status.non_finite or epoch == 0:
            kept = opening
    if status != Status.non_finite:
        kept = state
    finite = [nll for nll in history if np.isfinite(nll)]
    return Trained(
        value=finite[-1] if finite else np.nan,
        history=np.array(history),
        status=status,
        degenerate=np.all(lost, axis=0),
        parameters=kept.parameters,
    )


def ended(history: list[float], training: Training = Training()) -> Status:
    """Whether training goes on, given the mean NLL of each epoch so far [TR2].

    It ends when the mean NLL of an epoch e > min_epochs differs from the one before by less than tol, and
    after max_epochs. Returns a `Status`.
    """
    epoch = len(history) - 1
    settled = epoch > training.min_epochs and abs(history[epoch - 1] - history[epoch]) < training.tol
    return stopping.status(history[epoch], settled, epoch >= training.max_epochs - 1)


def predict(
    parameters: Tree, image: np.ndarray, mask: np.ndarray | None = None, *, model: DeepModel = DeepModel()
) -> Prediction:
    """Segment a new image by one forward pass [TR3].

    parameters: θ. image: (M, *spatial), standardised as the training images were, of sizes as for
    `deep_mixtures.one_image.fit`. mask: (*spatial), bool or weights, 1 if not given. model: as in training.
    Returns a `Prediction`. Raises ValueError as `deep_mixtures.one_image.fit`.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(plain(image, float), mask, n_components, model.unet)
    return solve_prediction(parameters, image, weights, model=model)


def solve_prediction(parameters: Tree, image: np.ndarray, weights: np.ndarray, *, model: DeepModel) -> Prediction:
    """`predict` of input that has been checked."""
    surroundings = _surroundings(image, weights, len(parameters["head"]["bias"]), model)
    _, evaluation = one_image.loss(parameters, image, *surroundings, model)
    chosen = LABEL_RULES[model.label_rule](evaluation)
    return Prediction(**evaluation._asdict(), labels=chosen.argmax(axis=0))


def _loss_and_pullback(
    parameters: Tree, batch: Batch, model: TrainingModel
) -> tuple[float, Evaluation, Callable[[], Tree]]:
    """The loss, the evaluations, and the pullback to θ, which takes all gradients at Π together."""
    shares, value, evaluations, ways = batch.shares / batch.shares.sum(), 0.0, [], []
    for b, share in enumerate(shares):
        image, n_components = batch.images[b], len(parameters["head"]["bias"])
        surroundings = _surroundings(image, batch.weights[b], n_components, model.deep)
        evaluation, way = one_image.forward(parameters, image, *surroundings, model.deep, damping=1.0)
        regular, slope = regularizers.total(evaluation.proportions, image, *surroundings, model.deep)
        known, known_slope = _supervise(evaluation.proportions, batch, b, model.supervision)
        value += share * (evaluation.value + regular + known)
        evaluations.append(evaluation)
        ways.append((way, share, share * (slope + known_slope)))
    stacked = _stacked(evaluations)
    of_batch, slopes = _regularize(stacked, batch, model)

    def pullback() -> Tree:
        gradient = tree_map(np.zeros_like, parameters)
        for (way, share, slope), of_all in zip(ways, slopes, strict=True):
            gradient = tree_map(np.add, gradient, way(share, slope + of_all))
        return gradient

    return value + of_batch, stacked, pullback


def _surroundings(
    image: np.ndarray, weights: np.ndarray, n_components: int, model: DeepModel
) -> tuple[Mixture, np.ndarray, np.ndarray]:
    """The mixture that empty classes keep, the weights and the floor [G3]."""
    pixels, w = image.reshape(len(image), -1), weights.ravel()
    floor = gaussian.variance_floor(pixels, w)
    return gaussian.global_mixture(pixels, w, floor, n_components, model.covariance_type), weights, floor


def _regularize(evaluations: Evaluation, batch: Batch, model: TrainingModel) -> tuple[float, np.ndarray]:
    """Σ λ R of the batch's regularisers and its gradient at all Π (B, K, *spatial) [R1]."""
    value, gradient = 0.0, np.zeros_like(evaluations.proportions)
    for regularizer, strength in model.of_batch:
        term, d_term = regularizer(evaluations.proportions, evaluations.mixture, batch)
        value, gradient = value + strength * term, gradient + strength * d_term
    return value, gradient


def _supervise(proportions: np.ndarray, batch: Batch, b: int, strength: float) -> tuple[float, np.ndarray]:
    """α (cross-entropy + Dice loss) of image b where its truth is known, and its gradient at Π [TR4]."""
    if batch.truth is None:
        return 0.0, np.zeros_like(proportions)
    known = proportions, batch.truth[b], batch.weights[b]
    entropy, d_entropy = segmentation.cross_entropy(*known)
    dice, d_dice = segmentation.soft_dice(*known)
    return strength * (entropy + dice), strength * (d_entropy + d_dice)


def _stacked(records: Sequence[Any]) -> Any:
    """One record, its arrays stacked along a new first axis."""
    first = records[0]
    if not isinstance(first, tuple):
        return np.stack(records)
    fields = zip(*records, strict=True)
    return type(first)(**dict(zip(first._fields, map(_stacked, fields), strict=True)))  # type: ignore[attr-defined]
