"""Attention [AT]: as in `layers`, each function returns its value and its pullback.

Rows are elements of a sequence or a bag. A mask is true for the elements that exist; the others are padding with
finite numbers, and get the weight 0 and no gradient. If no element exists, all weights are 0.
"""

import numpy as np

from ..types import Tree
from .layers import Pullback, Pullbacks
from .unet import TreePullback


def weights(queries: np.ndarray, keys: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, Pullbacks]:
    """softmax(QKᵀ/√d_k) over the keys [AT1] (Vaswani et al. 2017).

    queries: Q (n, d_k). keys: K (m, d_k). mask: (m,) bool, the keys that exist; all if not given.
    Returns the weights (n, m), and the pullback to the queries and the keys.
    """
    scale = np.sqrt(keys.shape[1])
    value, pull_softmax = _softmax(queries @ keys.T / scale, mask)

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        dlogits = pull_softmax(dy) / scale
        return dlogits @ keys, dlogits.T @ queries

    return value, pullback


def dot_product(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, Pullbacks]:
    """softmax(QKᵀ/√d_k) V [AT1].

    values: V (m, d_v); the other arguments as for `weights`. Returns (n, d_v), and the pullback to all three.
    """
    a, pull_weights = weights(queries, keys, mask)

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        return *pull_weights(dy @ values.T), a.T @ dy

    return a @ values, pullback


def self_attention(
    parameters: Tree, x: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, TreePullback]:
    """[AT1] with Q = XW^Q, K = XW^K, V = XW^V.

    parameters: {"query": {"kernel": W^Q (d, d_k)}, "key": W^K likewise, "value": W^V (d, d_v)}. x: X (n, d).
    mask: (n,) bool. Returns (n, d_v), and the pullback to the parameters and X.
    """
    kernels = [parameters[name]["kernel"] for name in ("query", "key", "value")]
    q, k, v = (x @ kernel for kernel in kernels)
    value, pull_dot_product = dot_product(q, k, v, mask)

    def pullback(dy: np.ndarray) -> tuple[Tree, np.ndarray]:
        of_projections = pull_dot_product(dy)
        names = zip(("query", "key", "value"), of_projections, strict=True)
        gradient = {name: {"kernel": x.T @ projection} for name, projection in names}
        dx = sum(projection @ kernel.T for projection, kernel in zip(of_projections, kernels, strict=True))
        return gradient, np.asarray(dx)

    return value, pullback


def pooling_weights(
    parameters: Tree, bag: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, TreePullback]:
    """a = softmax_i(wᵀ tanh(V h_i)) [AT2]; with a gate, softmax_i(wᵀ(tanh(V h_i) ⊙ sigmoid(U h_i))) [AT3].

    Ilse, Tomczak, Welling 2018.
    parameters: {"hidden": {"kernel": Vᵀ (d, l)}, "score": {"kernel": w (l, 1)}}, gated if "gate" is among them,
    with its kernel Uᵀ (d, l). bag: (n, d), whose rows are the h_i. mask: (n,) bool, the elements that exist.
    Returns a (n,), and the pullback to the parameters and the bag.
    """
    hidden = np.tanh(bag @ parameters["hidden"]["kernel"])
    gate = _sigmoid(bag @ parameters["gate"]["kernel"]) if "gate" in parameters else np.ones_like(hidden)
    score = parameters["score"]["kernel"]
    value, pull_softmax = _softmax((hidden * gate @ score)[:, 0], mask)

    def pullback(da: np.ndarray) -> tuple[Tree, np.ndarray]:
        dlogits = pull_softmax(da)[:, None]
        dgated = dlogits @ score.T
        slopes = {"hidden": dgated * gate * (1 - hidden**2)}
        if "gate" in parameters:
            slopes["gate"] = dgated * hidden * gate * (1 - gate)
        gradient = {name: {"kernel": bag.T @ slope} for name, slope in slopes.items()}
        gradient["score"] = {"kernel": (hidden * gate).T @ dlogits}
        dbag = sum(slope @ parameters[name]["kernel"].T for name, slope in slopes.items())
        return {name: gradient[name] for name in parameters}, np.asarray(dbag)

    return value, pullback


def pooling(parameters: Tree, bag: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, TreePullback]:
    """Σ_i a_i h_i with a from `pooling_weights` [AT2], [AT3].

    Arguments as for `pooling_weights`. Returns (d,), and the pullback to the parameters and the bag.
    """
    a, pull_weights = pooling_weights(parameters, bag, mask)

    def pullback(dy: np.ndarray) -> tuple[Tree, np.ndarray]:
        gradient, dbag = pull_weights(bag @ dy)
        return gradient, dbag + np.outer(a, dy)

    return a @ bag, pullback


def _softmax(logits: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, Pullback]:
    """Softmax over the last axis, among the elements of the mask."""
    there = np.ones(logits.shape[-1], bool) if mask is None else mask
    top = np.where(there, logits, -np.inf).max(axis=-1, keepdims=True)
    power = np.where(there, np.exp(np.where(there, logits - top, 0)), 0)
    total = power.sum(axis=-1, keepdims=True)
    value = power / np.where(total > 0, total, 1)
    return value, lambda dy: value * (dy - (value * dy).sum(axis=-1, keepdims=True))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)  # 1/(1 + e⁻ˣ), which overflows
