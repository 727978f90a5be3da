"""Attention [AT] as Flax modules over the reference's tree of parameters; see `reference.networks.attention`."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from deepmix.reference.types import Tree

from ..execution.precision import HIGHEST


def weights(queries: jax.Array, keys: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """See `reference.networks.attention.weights` [AT1]."""
    products = jnp.matmul(queries, keys.T, precision=HIGHEST)
    return _softmax(products / keys.shape[1] ** 0.5, mask)


def dot_product(
    queries: jax.Array, keys: jax.Array, values: jax.Array, mask: jax.Array | None = None
) -> jax.Array:
    """See `reference.networks.attention.dot_product` [AT1]."""
    return jnp.matmul(weights(queries, keys, mask), values, precision=HIGHEST)


def self_attention(parameters: Tree, x: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """See `reference.networks.attention.self_attention` [AT1]."""
    d_k, d_v = (parameters[name]["kernel"].shape[1] for name in ("key", "value"))
    return SelfAttention(d_k, d_v).apply({"params": parameters}, x, mask)


def pooling_weights(parameters: Tree, bag: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """See `reference.networks.attention.pooling_weights` [AT2], [AT3]."""
    module = AttentionPooling(parameters["hidden"]["kernel"].shape[1], gated="gate" in parameters)
    return module.apply({"params": parameters}, bag, mask)[1]


def pooling(parameters: Tree, bag: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """See `reference.networks.attention.pooling` [AT2], [AT3]."""
    module = AttentionPooling(parameters["hidden"]["kernel"].shape[1], gated="gate" in parameters)
    return module.apply({"params": parameters}, bag, mask)[0]


class SelfAttention(nn.Module):
    """softmax(QKᵀ/√d_k) V of the rows of X (n, d) [AT1]: (n, d_v)."""

    d_k: int
    d_v: int

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array | None = None) -> jax.Array:
        sizes = {"query": self.d_k, "key": self.d_k, "value": self.d_v}
        q, k, v = (_projection(size, name)(x) for name, size in sizes.items())
        return dot_product(q, k, v, mask)


class AttentionPooling(nn.Module):
    """The bag (n, d) as one row (d,), and the weights of its elements (n,) [AT2], gated [AT3]."""

    n_hidden: int
    gated: bool = False

    @nn.compact
    def __call__(self, bag: jax.Array, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        hidden = jnp.tanh(_projection(self.n_hidden, "hidden")(bag))
        if self.gated:
            hidden *= nn.sigmoid(_projection(self.n_hidden, "gate")(bag))
        a = _softmax(_projection(1, "score")(hidden)[:, 0], mask)
        return jnp.matmul(a, bag, precision=HIGHEST), a


def _projection(size: int, name: str) -> nn.Dense:
    return nn.Dense(size, use_bias=False, precision=HIGHEST, name=name)


def _softmax(logits: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Softmax over the last axis, among the elements of the mask; without any, value and gradient are finite."""
    if mask is None:
        return nn.softmax(logits)
    return mask * nn.softmax(jnp.where(mask, logits, jnp.finfo(logits.dtype).min))
