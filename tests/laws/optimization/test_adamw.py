"""Laws of AdamW [U5], clipping [U6] and the schedule [U7]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization import adamw
from deepmix.reference.optimization.schedules import polynomial_decay
from deepmix.reference.trees import leaves, tree_map
from tests import problems
from tests.laws.helpers import close, flat

CONFIG = UNetConfig(depth=1, filters=2)


def trees(rng, n):
    """n trees of the structure of a network's parameters."""
    parameters = drawing.draw_parameters(rng, 1, 2, CONFIG)
    return [tree_map(lambda leaf: drawing.frozen(rng.normal(size=leaf.shape)), parameters) for _ in range(n)]


@given(rng=problems.generators, lr=st.floats(1e-5, 1e-1), wd=st.floats(0, 1))
def test_u5_first_step_moves_by_the_learning_rate_against_the_sign(rng, lr, wd):
    """m̂ = g, √v̂ = |g| at t = 1; the decay is decoupled: lr·wd·θ, not in the moments."""
    theta, g = map(flat, trees(rng, 2))
    moved, state = adamw.update(theta, g, adamw.init(theta), learning_rate=lr, weight_decay=wd)
    close(moved, theta - lr * g / (np.abs(g) + 1e-8) - lr * wd * theta)
    assert state.count == 1
    close(state.m, 0.1 * g)
    close(state.v, 0.001 * g**2)


@given(rng=problems.generators, lr=st.floats(1e-5, 1e-1), wd=st.floats(0, 1), n=st.integers(1, 5))
def test_u5_decay_is_decoupled(rng, lr, wd, n):
    """Zero gradients leave θ(1 − lr·wd)ᵗ, and moments of 0."""
    (theta,) = trees(rng, 1)
    zeros, moved, state = tree_map(np.zeros_like, theta), theta, adamw.init(theta)
    for _ in range(n):
        moved, state = adamw.update(moved, zeros, state, learning_rate=lr, weight_decay=wd)
    close(flat(moved), flat(theta) * (1 - lr * wd) ** n)
    assert (flat(state.m) == 0).all()
    assert (flat(state.v) == 0).all()


@given(rng=problems.generators)
def test_u5_is_the_formula_of_the_paper(rng):
    """Algorithm 2 of Loshchilov and Hutter, over several steps, each moment written out as its sum."""
    theta, *gradients = map(flat, trees(rng, 5))
    moved, state, expected = theta, adamw.init(theta), theta
    for t in range(1, 5):
        moved, state = adamw.update(moved, gradients[t - 1], state, learning_rate=0.01, weight_decay=0.1)
        m = sum(0.1 * 0.9 ** (t - i) * gradients[i - 1] for i in range(1, t + 1)) / (1 - 0.9**t)
        v = sum(0.001 * 0.999 ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1)) / (1 - 0.999**t)
        expected = expected - 0.01 * (m / (np.sqrt(v) + 1e-8) + 0.1 * expected)
        close(moved, expected, 1e-10)  # 1 − 0.999ᵗ loses three digits


@given(rng=problems.generators, factor=st.sampled_from((1e-2, 1.0, 1e3)))
def test_u5_ignores_the_scale_of_the_gradient(rng, factor):
    """Up to ε: 10⁻⁸ against gradients of size 10⁻² and more."""
    theta, g = map(flat, trees(rng, 2))
    one, _ = adamw.update(theta, g, adamw.init(theta))
    other, _ = adamw.update(theta, factor * g, adamw.init(theta))
    bound = 1e-4 * np.minimum(1, 1e-8 / (min(factor, 1) * np.abs(g)))
    assert (np.abs(one - other) <= bound + 1e-15).all()


def test_u5_u6_defaults_are_those_published():
    options = adamw.update.__kwdefaults__
    assert options == {"learning_rate": 1e-4, "weight_decay": 1e-3, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
    assert adamw.clip.__defaults__ == (12.0,)


@given(rng=problems.generators, size=st.floats(1e-3, 1e3), max_norm=st.sampled_from((0.5, 12.0)))
def test_u6_clipping_never_lengthens_and_keeps_the_direction(rng, size, max_norm):
    gradient = tree_map(lambda g: size * g, trees(rng, 1)[0])
    clipped = adamw.clip(gradient, max_norm)
    before, after = flat(gradient), flat(clipped)
    norm = np.linalg.norm(before)
    close(np.linalg.norm(after), min(norm, max_norm))
    close(after / np.linalg.norm(after), before / norm)
    if norm < max_norm:
        np.testing.assert_array_equal(after, before)
    np.testing.assert_allclose(flat(adamw.clip(clipped, max_norm)), after, rtol=1e-14)


def test_u6_a_gradient_of_zero_stays_zero():
    assert (flat(adamw.clip({"a": np.zeros(3)}, 12.0)) == 0).all()


@given(lr=st.floats(1e-5, 1), n=st.integers(1, 100))
def test_u7_falls_from_the_learning_rate_to_0(lr, n):
    rates = [polynomial_decay(lr, epoch, n) for epoch in range(n + 1)]
    assert rates[0] == lr
    assert rates[-1] == 0
    assert (np.diff(rates) < 0).all()
    if n % 2 == 0:
        assert rates[n // 2] == pytest.approx(lr * 0.5**0.9)


@given(rng=problems.generators)
def test_trees(rng):
    one, other = trees(rng, 2)
    total = tree_map(lambda a, b: a + 2 * b, one, other)
    np.testing.assert_array_equal(flat(total), flat(one) + 2 * flat(other))
    assert tree_map(np.shape, total) == tree_map(np.shape, one)
    assert len(list(leaves(one))) == len(flat(tree_map(lambda _: np.ones(1), one)))
