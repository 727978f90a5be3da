"""Both backends: attention [AT], forward and backward; the Flax modules take the same tree."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.accelerated.networks.attention import AttentionPooling, SelfAttention
from deepmix.conformance.drawing import draw_pooling
from tests.problems import generators
from tests.tolerances import assert_agree, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
N, D = 5, 3
SHAPES = {
    "weights": {"queries": (2, 4), "keys": (N, 4)},
    "dot_product": {"queries": (2, 4), "keys": (N, 4), "values": (N, 2)},
}
masks = st.sampled_from([None, np.array([True, True, False, True, False]), np.zeros(N, bool)])


def compare(name: str, arrays: tuple, mask, dtype: type, rng: np.random.Generator) -> None:
    """The value and the pullback of a drawn cotangent."""
    low, high = rounded(arrays, dtype)
    value, pullback = getattr(reference.networks.attention, name)(*high, mask)
    dy, dy64 = rounded(rng.normal(size=value.shape), dtype)
    found, gradients = with_gradients(name)(low, mask, dy)
    assert_agree(found, value, tolerance("attention", dtype), dtype)
    assert_agree(gradients, pullback(dy64), tolerance("attention", dtype), dtype)


@cache
def with_gradients(name: str):
    """The value and the pullback of a cotangent, as one function that compiles once a shape."""
    function = getattr(accelerated.networks.attention, name)

    @jax.jit
    def both(arrays, mask, dy):
        value, pull = jax.vjp(lambda *arrays: function(*arrays, mask), *arrays)
        return value, pull(dy)

    return both


@IN_BOTH_DTYPES
@pytest.mark.parametrize("name", SHAPES)
@given(rng=generators, mask=masks)
def test_dot_product(name, dtype, rng, mask):
    compare(name, tuple(rng.normal(size=shape) for shape in SHAPES[name].values()), mask, dtype, rng)


@IN_BOTH_DTYPES
@given(rng=generators, mask=masks)
def test_self_attention(dtype, rng, mask):
    sizes = {"query": 4, "key": 4, "value": 2}
    parameters = {name: {"kernel": rng.normal(size=(D, size))} for name, size in sizes.items()}
    compare("self_attention", (parameters, rng.normal(size=(N, D))), mask, dtype, rng)


@IN_BOTH_DTYPES
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("name", ["pooling_weights", "pooling"])
@given(rng=generators, mask=masks)
def test_pooling(name, gated, dtype, rng, mask):
    compare(name, (draw_pooling(rng, D, 4, gated), rng.normal(size=(N, D))), mask, dtype, rng)


@pytest.mark.parametrize("gated", [False, True])
def test_modules_make_the_tree_that_the_functions_take(gated):
    """With Flax's own initialisation, mapped over bags of one padded size."""
    bags = jax.random.normal(jax.random.key(0), (4, N, D))
    sizes = jnp.array([5, 3, 1, 0])
    inside = jnp.arange(N) < sizes[:, None]
    module = AttentionPooling(4, gated)
    parameters = module.init(jax.random.key(1), bags[0])["params"]
    pooled, weights = jax.vmap(lambda bag, mask: module.apply({"params": parameters}, bag, mask))(bags, inside)
    for b, size in enumerate(sizes):
        if size:
            found = accelerated.networks.attention.pooling(parameters, bags[b, :size])
            np.testing.assert_allclose(pooled[b], found, atol=1e-12)
    assert (pooled[-1] == 0).all()
    assert (weights[~inside] == 0).all()
    attention = SelfAttention(4, 2)
    parameters = attention.init(jax.random.key(2), bags[0])["params"]
    output = attention.apply({"params": parameters}, bags[0])
    assert np.array_equal(output, accelerated.networks.attention.self_attention(parameters, bags[0]))
