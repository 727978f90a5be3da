"""Algorithm 3: deepG and deepSVG on one image [DG]."""

import numpy as np
from scipy.special import log_softmax, logsumexp, xlogy

from ..mixtures import gaussian
from ..mixtures.em import mean_nll
from ..mixtures.records import Mixture, Moments
from ..networks import layers
from ..networks.records import UNetConfig
from ..networks.unet import unet
from ..optimization import adamw
from ..types import Status, Tree
from .checks import check_descent, check_image, check_model, check_target
from .records import DeepFit, DeepModel, DeepState, Evaluation, Optimization, Progress


def loss(
    parameters: Tree,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> tuple[float, Evaluation]:
    """NLL + Σ λ R of the model at θ, or F + Σ λ R.

    image: (M, H, W). previous: mixture of the step before (`begin` at the first).
    weights: (H, W). floor: (M,) [G3]. damping: of the free energy, how far its M-step goes [VE3].
    Returns the loss and the `Evaluation`.
    """
    logits, _ = unet(parameters, image, model.unet)
    evaluation, _ = _evaluate(logits, image, previous, weights, floor, model, damping)
    regular, _ = _regularize(evaluation, image, previous, weights, floor, model)
    return evaluation.value + regular, evaluation


def loss_and_gradient(
    parameters: Tree,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    damping: float = 1.0,
) -> tuple[float, Evaluation, Tree]:
    """`loss` with its gradient at θ. Arguments as there."""
    logits, unet_pullback = unet(parameters, image, model.unet)
    _, softmax_pullback = layers.softmax(logits)
    evaluation, found = _evaluate(logits, image, previous, weights, floor, model, damping)
    regular, d_proportions = _regularize(evaluation, image, previous, weights, floor, model)
    if model.objective == "nll":
        d_proportions = d_proportions + _nll_gradient(evaluation, found, image, weights, floor, model)
    d_logits = softmax_pullback(d_proportions)
    if model.objective == "free_energy":
        d_logits += _free_energy_gradient(logits, evaluation, image, weights, model)  # [VE2]
    elif model.method == "deepsvg":
        d_logits += weights / weights.sum() * (evaluation.proportions - evaluation.responsibilities)  # [DG4]
    gradient, _ = unet_pullback(d_logits)
    return evaluation.value + regular, evaluation, gradient


def step(
    state: DeepState,
    image: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
) -> tuple[DeepState, Evaluation]:
    """One turn of Algorithm 3: the evaluation at θ_t, and the state with θ_{t+1} [DG1].

    Arguments as for `loss`. [DG2] and [DG3] of θ_{t+1} open the next turn.
    """
    t, every = state.optimizer.count, optimization.m_step_every
    damping = optimization.m_step_damping if t > 0 and every > 0 and t % every == 0 else 0.0
    given = state.parameters, image, state.mixture, weights, floor
    _, evaluation, gradient = loss_and_gradient(*given, model, damping)
    gradient = adamw.clip(gradient, optimization.max_norm)
    parameters, optimizer = adamw.update(
        state.parameters,
        gradient,
        state.optimizer,
        learning_rate=optimization.learning_rate,
        weight_decay=optimization.weight_decay,
    )
    return DeepState(parameters, optimizer, evaluation.mixture), evaluation


def fit(
    image: np.ndarray,
    parameters: Tree,
    mask: np.ndarray | None = None,
    *,
    model: DeepModel = DeepModel(),
    optimization: Optimization = Optimization(),
    mixture: Mixture | None = None,
    progress: Progress | None = None,
) -> DeepFit:
    """Fit a network and a mixture to one image (Algorithm 3).

    image: (M, H, W), channels standardised, H and W multiples of 2^L. parameters: θ_0, from
    `networks.parameters.unet_parameters`. mask: (H, W), bool or weights. mixture: the one before the first step,
    as of a fitted GMM, which the free energy needs; that of `begin` if not given.
    progress: called with t and NLL_t.
    Returns a `DeepFit`. Raises ValueError for bad input and for switches that do not go together.
    """
    check_model(model)
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(np.asarray(image, dtype=float), mask, n_components, model.unet.depth)
    check_descent(model, optimization, mixture, image, n_components)
    floor = gaussian.variance_floor(_columns(image), weights.ravel())
    state = begin(parameters, image, weights, floor, model)
    if mixture is not None:
        state = state._replace(mixture=mixture)
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        following, evaluation = step(state, image, weights, floor, model, optimization)
        history.append(evaluation.value)
        if progress is not None:
            progress(len(history) - 1, evaluation.value)
        status = _status(history, optimization)
        if status != Status.non_finite or len(history) == 1:
            kept = state.parameters, evaluation
        state = following
    parameters, evaluation = kept
    chosen = evaluation.responsibilities if model.label_rule == "posterior" else evaluation.proportions
    return DeepFit(
        **evaluation._asdict(),
        history=np.array(history),
        status=status,
        parameters=parameters,
        labels=chosen.argmax(axis=0),
    )


def free_energy(
    proportions: np.ndarray,
    mixture: Mixture,
    pixels: np.ndarray,
    weights: np.ndarray,
    covariance_type: str = "diag",
    contamination: float = 0.0,
) -> float:
    """F = (1/N) Σ_x w Σ_k q_k(x) (log q_k(x) − log π_k − log N(I(x)|μ_k,Σ_k)) [VE1].

    proportions: q (K, N). mixture: with π (K,). pixels: (M, N). weights: (N,). contamination: ε [VE4].
    """
    joint = _log_joint(pixels, mixture, covariance_type, contamination)
    divergence = xlogy(proportions, proportions) - proportions * np.where(proportions > 0, joint, 0)
    return float(divergence.sum(axis=0) @ weights / weights.sum())


def begin(
    parameters: Tree, image: np.ndarray, weights: np.ndarray, floor: np.ndarray, model: DeepModel = DeepModel()
) -> DeepState:
    """The state before the first step: AdamW at rest and K equal Gaussians.

    Under equal Gaussians γ = Π, so that the first μ and Σ are those of r = Π for either `m_step_weights`.
    """
    n_components = len(parameters["head"]["bias"])
    mixture = gaussian.global_mixture(_columns(image), weights.ravel(), floor, n_components, model.covariance_type)
    return DeepState(parameters, adamw.init(parameters), mixture)


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

    image, parameters, mask: as for `fit`. target: P (K, H, W), the proportions of another fit.
    Returns the parameters to start `fit` from.
    """
    n_components = len(parameters["head"]["bias"])
    image, weights = check_image(np.asarray(image, dtype=float), mask, n_components, config.depth)
    target = check_target(target, weights, n_components)
    optimizer = adamw.init(parameters)
    for _ in range(n_steps):
        logits, pullback = unet(parameters, image, config)
        proportions, _ = layers.softmax(logits)
        gradient, _ = pullback(weights / weights.sum() * (proportions - target))
        parameters, optimizer = adamw.update(
            parameters,
            adamw.clip(gradient, optimization.max_norm),
            optimizer,
            learning_rate=optimization.learning_rate,
            weight_decay=optimization.weight_decay,
        )
    return parameters


def _evaluate(
    logits: np.ndarray,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel,
    damping: float,
) -> tuple[Evaluation, Moments]:
    """Π ← Φ_θ(I) [DG2], μ, Σ by [G2] [DG3], and the NLL of all three; or F after the M-step [VE3]."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    proportions, _ = layers.softmax(_columns(logits))
    log_proportions = gaussian.safe_log(proportions)
    responsibilities = proportions
    if model.m_step_weights == "posterior":
        densities = gaussian.log_density(pixels, previous.means, previous.covariances, kind)
        responsibilities, _ = gaussian.posterior(log_proportions, densities)  # [SV2]
    found = gaussian.moments(pixels, responsibilities, w, floor, previous, kind)
    mixture = Mixture(proportions @ w / w.sum(), found.means, found.covariances)
    if model.objective == "free_energy":
        mixture = gaussian.blend(previous, mixture, damping, kind)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    posterior, log_likelihood = gaussian.posterior(log_proportions, densities)
    if model.method == "deepg":
        _, log_likelihood = gaussian.posterior(gaussian.safe_log(mixture.proportions)[:, None], densities)
    nll = mean_nll(log_likelihood, w)  # [SV1]; deepG [EM2]
    if model.objective == "free_energy":
        nll = free_energy(proportions, mixture, pixels, w, kind, model.contamination)
    shape = logits.shape
    evaluation = Evaluation(
        value=nll,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=proportions.reshape(shape),
        responsibilities=posterior.reshape(shape),
    )
    return evaluation, found


def _nll_gradient(
    evaluation: Evaluation,
    found: Moments,
    image: np.ndarray,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel,
) -> np.ndarray:
    """∂NLL/∂Π (K, H, W): all of deepG's; of deepSVG's the part through the moments (the rest is [DG4])."""
    pixels, w, kind = _columns(image), weights.ravel(), model.covariance_type
    mixture, posterior = evaluation.mixture, _columns(evaluation.responsibilities)
    result = np.zeros_like(posterior)
    if model.method == "deepg":
        densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
        log_proportions = gaussian.safe_log(mixture.proportions)[:, None]
        posterior, log_likelihood = gaussian.posterior(log_proportions, densities)
        d_mean = -np.exp(densities - log_likelihood) @ w / w.sum()  # at π = mean Π
        result += d_mean[:, None] * w / w.sum()
    if model.m_step_gradient == "through":  # [DG5]
        d_means, d_covariances = gaussian.log_density_pullback(pixels, mixture, -w * posterior / w.sum(), kind)
        result += gaussian.moments_pullback(pixels, w, floor, found, d_means, d_covariances, kind)
    return result.reshape(evaluation.proportions.shape)


def _free_energy_gradient(
    logits: np.ndarray, evaluation: Evaluation, image: np.ndarray, weights: np.ndarray, model: DeepModel
) -> np.ndarray:
    """∂F/∂z (K, H, W) at the logits z: [VE2] through the softmax, which has no use for its + 1."""
    joint = _log_joint(_columns(image), evaluation.mixture, model.covariance_type, model.contamination)
    q = evaluation.proportions
    excess = log_softmax(logits, axis=0) - np.where(q > 0, joint.reshape(logits.shape), 0)
    return weights / weights.sum() * q * (excess - (q * excess).sum(axis=0))


def _log_joint(pixels: np.ndarray, mixture: Mixture, covariance_type: str, contamination: float) -> np.ndarray:
    """log π_k + log N(x|μ_k,Σ_k) (K, N); of the share ε of the pixels, x says nothing of k [VE4]."""
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type)
    log_proportions = gaussian.safe_log(mixture.proportions)[:, None]
    joint = log_proportions + densities
    if contamination == 0:
        return joint
    of_any = np.log(contamination) + log_proportions + logsumexp(joint, axis=0)
    return np.logaddexp(np.log1p(-contamination) + joint, of_any)


def _regularize(
    evaluation: Evaluation,
    image: np.ndarray,
    previous: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    model: DeepModel,
) -> tuple[float, np.ndarray]:
    """Σ λ R and its gradient at Π; R sees μ, Σ by [G2] with r = Π, whatever the M-step took."""
    value, gradient = 0.0, np.zeros_like(evaluation.proportions)
    if not model.regularizers:
        return value, gradient
    pixels, proportions, w = _columns(image), _columns(evaluation.proportions), weights.ravel()
    found = gaussian.moments(pixels, proportions, w, floor, previous, model.covariance_type)
    mixture = Mixture(evaluation.mixture.proportions, found.means, found.covariances)
    for regularizer, strength in model.regularizers:
        term, d_term = regularizer(evaluation.proportions, mixture, image, weights)
        value, gradient = value + strength * term, gradient + strength * d_term
    return value, gradient


def _status(history: list[float], optimization: Optimization) -> Status:
    t = len(history) - 1
    if not np.isfinite(history[t]):
        return Status.non_finite
    if t > optimization.min_steps and abs(history[t - 1] - history[t]) < optimization.tol:
        return Status.converged
    return Status.max_steps if t >= optimization.max_steps - 1 else Status.running


def _columns(maps: np.ndarray) -> np.ndarray:
    """(C, H, W) as columns (C, N)."""
    return maps.reshape(len(maps), -1)
