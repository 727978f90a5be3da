"""The records of Algorithms 3 and 4."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from ..mixtures.records import AnyMixture
from ..networks.records import UNetConfig
from ..optimization.records import AdamWState
from ..types import Array, Status, Tree

# R(proportions (K, *spatial), mixture, image (M, *spatial), mask (*spatial)): in `accelerated` a scalar, in
# `reference` the scalar and its gradient at the proportions, the mixture being a function of them.
Regularizer = Callable[[Array, AnyMixture, Array, Array], Any]


OBJECTIVE_NAMES = ("nll_v", "nll", "free_energy")  # of `objectives.OBJECTIVES`


class DeepModel(NamedTuple):
    """What Algorithm 3 minimises, and how (the switches of [DG]).

    unet: size of the network.
    objective: the loss, one of `objectives.OBJECTIVES`: "nll_v" (deepSVG: NLL_V [SV1]), "nll" (deepG: NLL [EM2] at
        π = mean Π) or "free_energy" (F [VE1], whose M-step is always held).
    covariance_type: one of `COVARIANCE_TYPES`.
    family: of the classes' densities, one of `mixtures.families.FAMILIES` [NG].
    m_step_gradient: "through" (the gradient flows through the moments of [DG3]) or "held".
    m_step_weights: r of [DG3]: "prior" (Π) or "posterior" (γ; goes with "held" only).
    label_rule: one of `LABEL_RULES`: "prior" (argmax Π) or "posterior" (argmax γ).
    regularizers: pairs (R, λ); the loss is NLL + Σ λ R, or F + Σ λ R [R].
    contamination: ε of the free energy, the share of pixels whose intensity says nothing about their class [VE4].
    """

    unet: UNetConfig = UNetConfig()
    objective: str = "nll_v"
    covariance_type: str = "diag"
    family: str = "gaussian"
    m_step_gradient: str = "through"
    m_step_weights: str = "prior"
    label_rule: str = "prior"
    regularizers: tuple[tuple[Regularizer, float], ...] = ()
    contamination: float = 0.0


class Optimization(NamedTuple):
    """Settings of the loop of Algorithm 3, as published for one image.

    learning_rate, weight_decay: of AdamW [U5].
    max_norm: the gradient's norm is clipped to it [U6].
    tol: the loop ends when the objective changes by less in a step after `min_steps`.
    max_steps: the largest number of steps.
    m_step_every: the free energy's M-step comes once in so many steps; 0: never.
    m_step_damping: ρ of the free energy's M-step, from 0 to 1 [VE3].
    """

    learning_rate: float = 1e-4
    weight_decay: float = 1e-3
    max_norm: float = 12.0
    tol: float = 1e-3
    min_steps: int = 10
    max_steps: int = 200
    m_step_every: int = 1
    m_step_damping: float = 1.0


class DeepState(NamedTuple):
    """Where the loop of Algorithm 3 stands before step t.

    parameters: θ_t.
    optimizer: AdamW's state.
    mixture: π (K,), μ and Σ of θ_{t−1}; at t = 0 those given, or the global moments.
    """

    parameters: Tree
    optimizer: AdamWState
    mixture: AnyMixture


class Evaluation(NamedTuple):
    """The model at θ_t.

    value: NLL_t, or F_t, without the regularisers.
    degenerate: (K,) bool [G3].
    mixture: π = mean Π (K,), μ and Σ of [DG3]; of the free energy those of [VE3].
    proportions: Π (K, *spatial).
    responsibilities: γ (K, *spatial) of Π, μ and Σ [SV2].
    """

    value: Array
    degenerate: Array
    mixture: AnyMixture
    proportions: Array
    responsibilities: Array


# The probabilities (K, *spatial) whose largest is the label, taken from a record that has Π and γ.
LABEL_RULES: dict[str, Callable[[Any], Array]] = {
    "prior": attrgetter("proportions"),
    "posterior": attrgetter("responsibilities"),
}


class DeepFit(NamedTuple):
    """What Algorithm 3 returns; all of it belongs to the same θ_t.

    value, history, status, degenerate: as in `Fit`; NLL or F, by the objective.
    parameters: θ.
    mixture: as in `Evaluation`.
    proportions: Π (K, *spatial) = Φ_θ(image).
    responsibilities: γ (K, *spatial).
    labels: (*spatial) int, classes 0 … K−1, by the label rule.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    parameters: Tree
    mixture: AnyMixture
    proportions: Array
    responsibilities: Array
    labels: Array


class TrainingModel(NamedTuple):
    """What Algorithm 4 minimises [TR1].

    deep: the loss of one image; its regularisers are averaged over the batch.
    of_batch: pairs (R, λ) of regularisers that see a whole batch, such as `regularizers.mean_prior_of_batch`.
    supervision: α, the weight of cross-entropy and Dice loss where the truth is known [TR4].
    """

    deep: DeepModel = DeepModel()
    of_batch: tuple[tuple[Callable[..., Any], float], ...] = ()
    supervision: float = 1.0


class Training(NamedTuple):
    """Settings of the loop of Algorithm 4, as published.

    learning_rate: of the first epoch [U7].
    weight_decay: of AdamW [U5].
    max_norm: the gradient's norm is clipped to it [U6].
    tol: training ends when the mean NLL changes by less in an epoch after `min_epochs`.
    max_epochs: the largest number of epochs.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    max_norm: float = 12.0
    tol: float = 5e-3
    min_epochs: int = 10
    max_epochs: int = 100


class Batch(NamedTuple):
    """A mini-batch of B images of one size.

    images: (B, M, *spatial), channels standardised.
    weights: (B, *spatial), 0 outside Ω.
    shares: (B,), the weight of each image in the mean [TR1]: 1, or 0 for one that only fills the batch.
    truth: (B, K, *spatial), 1 for the true class of a pixel, all 0 where it is unknown [TR4]; None: all unknown.
    """

    images: Array
    weights: Array
    shares: Array
    truth: Array = None


class TrainingState(NamedTuple):
    """Where the loop of Algorithm 4 stands: θ and AdamW's state."""

    parameters: Tree
    optimizer: AdamWState


class Trained(NamedTuple):
    """What Algorithm 4 returns.

    value: the mean NLL of the last epoch that has a finite one; NaN if none has.
    history: (epochs,) the mean NLL of each epoch, every image with θ from before the step of its batch.
    status: `Status`; if non_finite, θ is that from before the last epoch whose mean NLL was finite.
    degenerate: (K,) bool, the classes that were degenerate in every image of the last epoch [G3].
    parameters: θ.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    parameters: Tree


class Prediction(NamedTuple):
    """A new image under a trained network [TR3].

    value: NLL of the image. degenerate: (K,) bool [G3]. mixture: π = mean Π (K,), μ and Σ of [DG3].
    proportions: Π (K, *spatial). responsibilities: γ (K, *spatial).
    labels: (*spatial) int, classes 0 … K−1, by the label rule.
    """

    value: Array
    degenerate: Array
    mixture: AnyMixture
    proportions: Array
    responsibilities: Array
    labels: Array
