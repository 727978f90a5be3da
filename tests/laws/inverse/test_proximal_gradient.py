"""Laws of the proximal gradient method and of FISTA [IP8]."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import linear, penalties, proximal_gradient
from deepmix.reference.inverse.operators import adjoint, forward
from deepmix.reference.inverse.records import H1, L1, Gradient, Identity, Matrix
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import PENALTIES, dense, measured

EXACT = pytest.mark.parametrize("name", [name for name in PENALTIES if "Variation" not in name])
strengths = st.floats(0.05, 1)
few = settings(max_examples=8)


@EXACT
@given(data=st.data(), strength=strengths)
def test_ip8_the_proximal_gradient_method_never_raises_the_objective(name, data, strength):
    operator, _, values = data.draw(measured("Matrix", name != "Box", ("even",)))
    found = proximal_gradient.reconstruct(
        operator, values, PENALTIES[name], strength, accelerate=False, tol=-1, max_iter=20
    )
    assert (np.diff(found.history) <= 1e-12 * found.history[0]).all()


@pytest.mark.parametrize("accelerate", [False, True], ids=["plain", "fista"])
@few
@given(data=st.data(), strength=strengths)
def test_ip8_it_is_as_fast_as_it_must_be(accelerate, data, strength):
    """F_k − F* ≤ L‖x₀−x*‖²/2k, of FISTA 2L‖x₀−x*‖²/(k+1)²."""
    operator, image, values = data.draw(measured("Matrix", False, ("even",)))
    options = {"accelerate": accelerate, "start": 0 * image, "tol": -1}
    best = proximal_gradient.reconstruct(operator, values, L1(), strength, tol=1e-14, max_iter=3000)
    found = proximal_gradient.reconstruct(operator, values, L1(), strength, max_iter=40, **options)
    k = np.arange(1, 41)
    size = proximal_gradient.curvature(operator, np.ones(1), image) * np.linalg.norm(best.image) ** 2
    bound = 2 * size / (k + 1) ** 2 if accelerate else size / (2 * k)
    assert (found.history[1:] - best.value <= bound + 1e-9).all()


@few
@given(data=st.data(), strength=strengths, is_complex=st.booleans())
def test_ip8_the_conditions_of_the_lasso(data, strength, is_complex):
    """A*(y−Ax) = λx/|x| on the support, and at most λ elsewhere."""
    operator, _, values = data.draw(measured("Matrix", is_complex, ("even",)))
    found = proximal_gradient.reconstruct(operator, values, L1(), strength, tol=1e-14, max_iter=5000).image
    slope = adjoint(operator, values - forward(operator, found))
    support = found != 0
    close(slope[support], strength * found[support] / np.abs(found[support]), 1e-5, scale=strength)
    assert (np.abs(slope) <= strength * (1 + 1e-5)).all()


@settings(max_examples=4)
@given(data=st.data(), strength=strengths)
def test_ip8_ip4_with_weights_and_h1_it_is_tikhonov(data, strength):
    operator, image, values = data.draw(measured("Matrix", False, ("even",)))
    weights = data.draw(generators).uniform(0, 2, values.shape)
    found = proximal_gradient.reconstruct(operator, values, H1(), strength, weights, tol=1e-10, max_iter=1000)
    matrices = dense(operator, image.shape), dense(Gradient(), image.shape)
    expected = linear.tikhonov(matrices[0], values, strength, weights, matrices[1])
    close(found.image.ravel(), expected, 1e-3, scale=np.abs(expected).max())


@given(rng=generators, strength=strengths)
def test_ip8_a_step_that_is_too_long_is_taken_anew(rng, strength):
    """From a hundredth of L, doubled until the quadratic bound holds; from a right L, left as it is."""
    operator, image = Matrix(rows=rng.normal(size=(9, 6))), rng.normal(size=6)
    data, weights = rng.normal(size=9), np.ones(9)
    right = proximal_gradient.curvature(operator, weights, image)
    for lipschitz in (right / 100, right):
        state = proximal_gradient.begin(image, operator, data, weights, L1(), strength, lipschitz)
        after = proximal_gradient.step(state, operator, data, weights, L1(), strength)
        moved = np.linalg.norm(after.image - image)
        assert np.linalg.norm(operator.rows @ (after.image - image)) ** 2 <= 1.01 * after.lipschitz * moved**2
        assert np.log2(after.lipschitz / lipschitz) % 1 < 1e-9
        assert after.lipschitz <= 2 * right
        assert after.value <= state.value + 1e-12
    assert after.lipschitz == right


@given(rng=generators, strength=strengths)
def test_ip8_steps_are_the_formula(rng, strength):
    """Twice: with the momentum (t₀−1)/t₁ and t₁ = (1+√5)/2."""
    operator, data, weights = Matrix(rows=rng.normal(size=(9, 6))), rng.normal(size=9), rng.uniform(0, 2, 9)
    big = proximal_gradient.curvature(operator, weights, np.zeros(6))
    x = [np.zeros(6)]
    state = proximal_gradient.begin(x[0], operator, data, weights, L1(), strength, big)
    z, t = x[0], 1.0
    for _ in range(3):
        state = proximal_gradient.step(state, operator, data, weights, L1(), strength)
        x.append(
            penalties.prox(
                L1(), z - operator.rows.T @ (weights * (operator.rows @ z - data)) / big, strength / big
            )
        )
        close(state.image, x[-1], 1e-9)
        rises = state.value > proximal_gradient.begin(x[-2], operator, data, weights, L1(), strength, big).value
        following = (1 + np.sqrt(1 + 4 * t**2)) / 2
        z = x[-1] if rises else x[-1] + (t - 1) / following * (x[-1] - x[-2])
        t = 1.0 if rises else following
        close(state.ahead, z, 1e-9)
        close(state.momentum, t)


def test_ip8_of_an_image_itself_it_is_one_proximal_map():
    v = np.array([3.0, -0.2, 0.7])
    found = proximal_gradient.reconstruct(Identity(), v, L1(), 0.5)
    close(found.image, np.array([2.5, 0, 0.2]))


def test_ip8_nothing_measured_is_degenerate():
    found = proximal_gradient.reconstruct(Matrix(rows=np.zeros((2, 3))), np.ones(2), L1(), 0.5)
    assert found.degenerate
    assert not found.image.any()
    assert proximal_gradient.curvature(Matrix(rows=np.zeros((2, 3))), np.ones(2), np.zeros(3)) == 1
