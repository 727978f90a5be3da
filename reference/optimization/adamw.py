"""AdamW [U5] and clipping by the global norm [U6]."""

import numpy as np

from ..trees import leaves, tree_map
from ..types import Tree
from .records import AdamWState


def init(parameters: Tree) -> AdamWState:
    """The state before the first step: no steps, moments 0."""
    return AdamWState(count=0, m=tree_map(np.zeros_like, parameters), v=tree_map(np.zeros_like, parameters))


def clip(gradient: Tree, max_norm: float = 12.0) -> Tree:
    """Scale the gradient down to the global norm `max_norm` if its norm is larger [U6]."""
    norm = np.sqrt(sum((leaf**2).sum() for leaf in leaves(gradient)))
    return gradient if norm < max_norm else tree_map(lambda g: g / norm * max_norm, gradient)


def update(
    parameters: Tree,
    gradient: Tree,
    state: AdamWState,
    *,
    learning_rate: float = 1e-4,
    weight_decay: float = 1e-3,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Tree, AdamWState]:
    """One step of AdamW with decoupled decay [U5] (Loshchilov, Hutter 2019).

    parameters, gradient: trees of equal shapes. state: of `init`, or of the step before. b1, b2: decay rates of
    the moments. Returns the new parameters and state.
    """
    t = state.count + 1
    m = tree_map(lambda m, g: b1 * m + (1 - b1) * g, state.m, gradient)
    v = tree_map(lambda v, g: b2 * v + (1 - b2) * g**2, state.v, gradient)

    def moved(theta: np.ndarray, m: np.ndarray, v: np.ndarray) -> np.ndarray:
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        return theta - learning_rate * (m_hat / (np.sqrt(v_hat) + eps) + weight_decay * theta)

    return tree_map(moved, parameters, m, v), AdamWState(count=t, m=m, v=v)
