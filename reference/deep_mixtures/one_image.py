"""Algorithm 3: deepG and deepSVG on one image [DG]."""

from collections.abc import Callable

import numpy as np

from .. import stopping
from ..checks import plain
from ..mixtures import families, gaussian
from ..mixtures.families import FAMILIES
from ..mixtures.records import AnyMixture
from ..networks import layers
from ..networks.records import UNetConfig
from ..networks.unet import unet
from ..optimization import adamw
from ..optimization.records import AdamWState
from ..types import Progress, Status, Tree
from . import regularizers
from .checks import check_descent, check_image, check_model, check_target
from .objectives import OBJECTIVES
from .records import LABEL_RULES, DeepFit, DeepModel, DeepState, Evaluation, Optimization

# From the weight of the value, and the gradient at Π of all other terms, to the gradient at θ.
Pullback = Callable[[float, np.ndarray], Tree]


def loss(
    parameters: Tree,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> tuple[float, Evaluation]:
    """The objective at θ ([SV1], [EM2] or [VE1], after [DG3] or [VE3]), and Σ λ R of the regularisers.

    parameters: θ. image: (M, *spatial). previous: mixture of the step before (that of `begin` at the first step).
    weights: (*spatial). floor: (M,) [G3]. damping: ρ of the free energy's M-step, from 0 to 1 [VE3].
    Returns the loss and the `Evaluation`.
    """
    evaluation, _ = forward(parameters, image, previous, weights, floor, model, damping)
    regular, _ = regularizers.total(evaluation.proportions, image, previous, weights, floor, model)
    return evaluation.value + regular, evaluation


def loss_and_gradient(
    parameters: Tree,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> tuple[float, Evaluation, Tree]:
    """`loss` with its gradient at θ [DG1]: by [DG4] and [DG5], or [VE2] and [VE4]. Arguments as for `loss`."""
    evaluation, pullback = forward(parameters, image, previous, weights, floor, model, damping)
    regular, d_proportions = regularizers.total(evaluation.proportions, image, previous, weights, floor, model)
    return evaluation.value + regular, evaluation, pullback(1.0, d_proportions)


def forward(
    parameters: Tree,
    image: np.ndarray,
    previous: AnyMixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel,
    damping: float,
) -> tuple[Evaluation, Pullback]:
    """The objective at Π = Φ_θ(I) [DG2], and the pullback to θ. Arguments as for `loss`.

    The pullback takes the weight of the value, and the gradient at Π (K, *spatial) of all other terms.
    """
    logits, unet_pullback = unet(parameters, image, model.unet)
    _, softmax_pullback = layers.softmax(logits)
    evaluation, d_logits = OBJECTIVES[model.objective](logits, image, previous, weights, floor, model, damping)

    def pullback(share: float, d_proportions: np.ndarray) -> Tree:
        gradient, _ = unet_pullback(share * d_logits + softmax_pullback(d_proportions))
        return gradient

    return evaluation, pullback


def step(
    state: DeepState,
    image: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
) -> tuple[DeepState, Evaluation]:
    """One turn of Algorithm 3, which ends with θ_{t+1} [DG1]; [DG2] and [DG3] of θ_{t+1} open the next turn.

    state: before step t. optimization: settings of the loop. The other arguments are those of `loss`.
    Returns the state with θ_{t+1}, and the `Evaluation` at θ_t.
    """
    damping = m_step_damping(state.optimizer.count, optimization)
    given = state.parameters, image, state.mixture, weights, floor
    _, evaluation, gradient = loss_and_gradient(*given, model, damping)
    parameters, optimizer = _descend(state.parameters, gradient, state.optimizer, optimization)
    return DeepState(parameters=parameters, optimizer=optimizer, mixture=evaluation.mixture), evaluation


def m_step_damping(t: int, optimization: Optimization) -> float:
    """ρ of the free energy's M-step before step t; 0 where none is due [VE3]."""
    due = t > 0 and optimization.m_step_every > 0 and t % optimization.m_step_every == 0
    return optimization.m_step_damping if due else 0.0


def fit(
    image: np.ndarray,
    parameters: Tree,
    mask: np.ndarray | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixture: AnyMixture | None = None,
    progress: Progress | None = None,
) -> DeepFit:
    """Fit a network and a mixture to one image (Algorithm 3): [DG1], [DG2], and [DG3] or [VE1], [VE3].

    image: (M, *spatial), channels standardised, of two axes or three [NN3], whose sizes are multiples of those of
    `networks.levels.plan` (of an image 2^L). parameters: θ_0, from `networks.parameters.unet_parameters`.
    mask: (*spatial), bool or weights, 1 if not given. model: what is minimised.
    optimization: settings of the loop. mixture: the one before the first step, such as a fitted GMM's; that of
    `begin` if not given, but the free energy needs one. progress: called with t and NLL_t, or F_t.
    Returns a `DeepFit`. Raises ValueError for bad input and for switches that do not go together.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(plain(image, float), mask, n_components, model.unet, model.family)
    check_descent(model, optimization, mixture, image, n_components)
    floor = families.floor(image.reshape(len(image), -1), weights.ravel(), model.family)
    return solve(
        image,
        parameters,
        weights,
        floor,
        model=model,
        optimization=optimization,
        mixture=mixture,
        progress=progress,
    )


def solve(
    image: np.ndarray,
    parameters: Tree,
    weights: np.ndarray,
    floor: np.ndarray,
    *,
    model: DeepModel,
    optimization: Optimization,
    mixture: AnyMixture | None,
    progress: Progress | None,
) -> DeepFit:
    """`fit` of input that has been checked."""
    state = begin(parameters, image, weights, floor, model)
    if mixture is not None:
        state = state._replace(mixture=mixture)
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        following, evaluation = step(state, image, weights, floor, model, optimization)
        history.append(evaluation.value)
        t = len(history) - 1
        if progress is not None:
            progress(t, evaluation.value)
        settled = t > optimization.min_steps and abs(history[t - 1] - history[t]) < optimization.tol
        status = stopping.status(history[t], settled, t >= optimization.max_steps - 1)
        if status != Status.non_finite or len(history) == 1:
            kept = state.parameters, evaluation
        state = following
    return fitted(*kept, np.array(history), status, model)


def fitted(
    parameters: Tree, evaluation: Evaluation, history: np.ndarray, status: Status, model: DeepModel
) -> DeepFit:
    """The result of a loop that ends at θ with its `Evaluation` [DG2]; its labels by the model's rule."""
    chosen = LABEL_RULES[model.label_rule](evaluation)
    return DeepFit(
        **evaluation._asdict(),
        history=history,
        status=status,
        parameters=parameters,
        labels=chosen.argmax(axis=0),
    )


def begin(
    parameters: Tree, image: np.ndarray, weights: np.ndarray, floor: np.ndarray, model: DeepModel = DeepModel()
) -> DeepState:
    """The state before the first step: AdamW's moments 0, and K equal Gaussians. Arguments as for `loss`.

    With equal Gaussians γ = Π, so that the first μ and Σ are those of r = Π for both `m_step_weights`.
    """
    n_components = len(parameters["head"]["bias"])
    pixels, kind = image.reshape(len(image), -1), model.covariance_type
    alike = gaussian.global_mixture(pixels, weights.ravel(), floor, n_components, kind)
    mixture = FAMILIES[model.family].of_gaussians(alike, kind)
    return DeepState(parameters=parameters, optimizer=adamw.init(parameters), mixture=mixture)


def warm_start(
    image: np.ndarray,
    parameters: Tree,
    target: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    n_steps: int = 40,
    config: UNetConfig = UNetConfig(),
    optimization: Optimization = Optimization(),
) -> Tree:
    """Steps of AdamW on the cross-entropy −(1/N) Σ_x w Σ_k P_k(x) log Φ_θ(I)_k(x) [DG6].

    image, parameters, mask: as for `fit`. target: P (K, *spatial), the proportions of another fit.
    n_steps: how many.
    config: size of the network. optimization: of it the learning rate, weight decay and largest norm count.
    Returns the parameters to start `fit` from. Raises ValueError for shapes that do not match, and as `fit` for
    the image.
    """
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(plain(image, float), mask, n_components, config)
    target = check_target(target, weights, n_components)
    return solve_warm_start(
        image, parameters, target, weights, n_steps=n_steps, config=config, optimization=optimization
    )


def solve_warm_start(
    image: np.ndarray,
    parameters: Tree,
    target: np.ndarray,
    weights: np.ndarray,
    *,
    n_steps: int,
    config: UNetConfig,
    optimization: Optimization,
) -> Tree:
    """`warm_start` of input that has been checked."""
    optimizer = adamw.init(parameters)
    for _ in range(n_steps):
        parameters, optimizer = warm_step(
            parameters, optimizer, image, target, weights, config=config, optimization=optimization
        )
    return parameters


def warm_step(
    parameters: Tree,
    optimizer: AdamWState,
    image: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    *,
    config: UNetConfig,
    optimization: Optimization,
) -> tuple[Tree, AdamWState]:
    """One step of AdamW on the cross-entropy [DG6]. optimizer: its state; else as `solve_warm_start`."""
    logits, pullback = unet(parameters, image, config)
    proportions, _ = layers.softmax(logits)
    gradient, _ = pullback(weights / weights.sum() * (proportions - target))
    return _descend(parameters, gradient, optimizer, optimization)


def _descend(
    parameters: Tree, gradient: Tree, optimizer: AdamWState, optimization: Optimization
) -> tuple[Tree, AdamWState]:
    """AdamW on the clipped gradient [U5], [U6]."""
    return adamw.update(
        parameters,
        adamw.clip(gradient, optimization.max_norm),
        optimizer,
        learning_rate=optimization.learning_rate,
        weight_decay=optimization.weight_decay,
    )
