"""Algorithm 4: one network for many images [TR]."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..losses import segmentation
from ..mixtures import gaussian
from ..mixtures.records import Mixture
from ..optimization import adamw
from ..optimization.schedules import polynomial_decay
from ..trees import tree_map
from ..types import Status, Tree
from . import one_image
from .checks import check_batch, check_image, check_model, check_training
from .records import (
    Batch,
    DeepModel,
    Evaluation,
    Prediction,
    Progress,
    Trained,
    Training,
    TrainingModel,
    TrainingState,
)

_Problem = tuple[Tree, np.ndarray, Mixture, np.ndarray, np.ndarray]  # θ, image, previous mixture, weights, floor


def loss(parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel()) -> tuple[float, Evaluation]:
    """Mean over the batch of NLL + Σ λ R + α (cross-entropy + Dice loss), and Σ λ R of the batch [TR1], [TR4].

    Returns the loss and the `Evaluation`, whose arrays have a leading axis B.
    """
    shares, (value, _), evaluations = _shares(batch), _regularize(parameters, batch, model), []
    for b, share in enumerate(shares):
        problem, of_image = _problem(parameters, batch, b, model)
        each, evaluation = one_image.loss(*problem, of_image)
        value += share * each
        evaluations.append(evaluation)
    return value, _stacked(evaluations)


def loss_and_gradient(
    parameters: Tree, batch: Batch, model: TrainingModel = TrainingModel()
) -> tuple[float, Evaluation, Tree]:
    """`loss` with its gradient at θ."""
    shares, (value, slopes), evaluations = _shares(batch), _regularize(parameters, batch, model), []
    gradient = tree_map(np.zeros_like, parameters)
    for b, share in enumerate(shares):
        problem, of_image = _problem(parameters, batch, b, model)
        if share > 0:  # so that what regularises the batch goes the same way through the network
            slope = partial(_slope, gradient=slopes[b] / share)
            of_image = of_image._replace(regularizers=(*of_image.regularizers, (slope, 1.0)))
        each, evaluation, d_parameters = one_image.loss_and_gradient(*problem, of_image)
        value += share * each
        gradient = tree_map(lambda total, d, share=share: total + share * d, gradient, d_parameters)
        evaluations.append(evaluation)
    return value, _stacked(evaluations), gradient


def step(
    state: TrainingState,
    batch: Batch,
    learning_rate: float,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
) -> tuple[TrainingState, Evaluation]:
    """One AdamW step on the loss of a batch [TR2]; the evaluations belong to the θ before it."""
    _, evaluations, gradient = loss_and_gradient(state.parameters, batch, model)
    parameters, optimizer = adamw.update(
        state.parameters,
        adamw.clip(gradient, training.max_norm),
        state.optimizer,
        learning_rate=learning_rate,
        weight_decay=training.weight_decay,
    )
    return TrainingState(parameters, optimizer), evaluations


def fit(
    parameters: Tree,
    batches: Callable[[int], Iterable[Batch]],
    *,
    model: TrainingModel = TrainingModel(),
    training: Training = Training(),
    progress: Progress | None = None,
) -> Trained:
    """Train one network on many images (Algorithm 4).

    parameters: θ_0. batches: gives the mini-batches of an epoch in their order, augmented already, from the
    epoch's number. progress: called with the epoch and its mean NLL.
    Returns `Trained`. Raises ValueError for bad input and for switches that do not go together.
    """
    check_training(model)
    state = TrainingState(parameters, adamw.init(parameters))
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        opening, epoch, nlls, shares, lost = state, len(history), [], [], []
        learning_rate = polynomial_decay(training.learning_rate, epoch, training.max_epochs)
        for batch in batches(epoch):
            checked = check_batch(batch, len(parameters["head"]["bias"]), model.deep.unet.depth)
            state, evaluations = step(state, checked, learning_rate, model, training)
            nlls += list(evaluations.value)
            shares += list(checked.shares)
            lost += list(evaluations.degenerate[checked.shares > 0])
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
    """Whether training goes on after the epochs of these mean NLLs, the last one just ended [TR2].

    It ends when the mean NLL of an epoch e > min_epochs differs from the one before by less than tol, and
    after max_epochs.
    """
    epoch = len(history) - 1
    if not np.isfinite(history[epoch]):
        return Status.non_finite
    if epoch > training.min_epochs and abs(history[epoch - 1] - history[epoch]) < training.tol:
        return Status.converged
    return Status.max_steps if epoch >= training.max_epochs - 1 else Status.running


def predict(
    parameters: Tree, image: np.ndarray, mask: np.ndarray | None = None, *, model: DeepModel = DeepModel()
) -> Prediction:
    """Segment a new image by one forward pass [TR3].

    image: (M, H, W), standardised as the training images were, H and W multiples of 2^L. mask: (H, W), bool
    or weights. Returns a `Prediction`. Raises ValueError as `deep_mixtures.one_image.fit`.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(np.asarray(image, dtype=float), mask, n_components, model.unet.depth)
    _, evaluation = one_image.loss(parameters, image, *_surroundings(image, weights, n_components, model), model)
    chosen = evaluation.responsibilities if model.label_rule == "posterior" else evaluation.proportions
    return Prediction(**evaluation._asdict(), labels=chosen.argmax(axis=0))


def _problem(parameters: Tree, batch: Batch, b: int, model: TrainingModel) -> tuple[_Problem, DeepModel]:
    """The arguments of `one_image.loss` for one image: nothing comes from another image or an earlier step."""
    image, weights, n_components = batch.images[b], batch.weights[b], len(parameters["head"]["bias"])
    of_image = model.deep
    if batch.truth is not None and model.supervision:  # [TR4]
        known = partial(_supervise, truth=batch.truth[b])
        of_image = of_image._replace(regularizers=(*of_image.regularizers, (known, model.supervision)))
    return (parameters, image, *_surroundings(image, weights, n_components, model.deep)), of_image


def _surroundings(
    image: np.ndarray, weights: np.ndarray, n_components: int, model: DeepModel
) -> tuple[Mixture, np.ndarray, np.ndarray]:
    """The mixture that empty classes keep, the weights and the floor [G3]."""
    pixels, w = image.reshape(len(image), -1), weights.ravel()
    floor = gaussian.variance_floor(pixels, w)
    return gaussian.global_mixture(pixels, w, floor, n_components, model.covariance_type), weights, floor


def _regularize(parameters: Tree, batch: Batch, model: TrainingModel) -> tuple[float, np.ndarray]:
    """Σ λ R of the batch's regularisers and its gradient at all Π (B, K, H, W) [R1]."""
    shape = len(batch.images), len(parameters["head"]["bias"]), *batch.weights.shape[1:]
    value, gradient = 0.0, np.zeros(shape)
    if not model.of_batch:
        return value, gradient
    proportions, mixtures = np.empty(shape), []
    for b in range(len(batch.images)):
        problem, of_image = _problem(parameters, batch, b, model)
        _, evaluation = one_image.loss(*problem, of_image._replace(regularizers=()))
        proportions[b] = evaluation.proportions
        mixtures.append(evaluation.mixture)
    for regularizer, strength in model.of_batch:
        term, d_term = regularizer(proportions, _stacked(mixtures), batch)
        value, gradient = value + strength * term, gradient + strength * d_term
    return value, gradient


def _supervise(
    proportions: np.ndarray, mixture: Mixture, image: np.ndarray, mask: np.ndarray, truth: np.ndarray
) -> tuple[float, np.ndarray]:
    """Cross-entropy + Dice loss where the truth is known, in the form of a regulariser [TR4]."""
    entropy, d_entropy = segmentation.cross_entropy(proportions, truth, mask)
    dice, d_dice = segmentation.soft_dice(proportions, truth, mask)
    return entropy + dice, d_entropy + d_dice


def _slope(
    proportions: np.ndarray, mixture: Mixture, image: np.ndarray, mask: np.ndarray, gradient: np.ndarray
) -> tuple[float, np.ndarray]:
    """What adds a gradient at Π and no value, in the form of a regulariser."""
    return 0.0, gradient


def _shares(batch: Batch) -> np.ndarray:
    return batch.shares / batch.shares.sum()


def _stacked(records: Sequence[Any]) -> Any:
    """One record, its arrays stacked along a new first axis."""
    if not isinstance(records[0], tuple):
        return np.stack(records)
    return type(records[0])(*(_stacked(field) for field in zip(*records, strict=True)))
