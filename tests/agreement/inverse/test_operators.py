"""Both backends: operators and their pullbacks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.accelerated.inverse import operators
from deepmix.conformance.drawing_inverse import draw_array, draw_operator, shapes_of
from deepmix.reference.inverse import operators as reference
from deepmix.reference.inverse.records import Matrix
from tests.problems.inverse import KINDS, measured
from tests.tolerances import EPS32, FUNCTION, GRADIENT, assert_agree, rounded, tolerance

# Complex numbers in double precision, real ones in single: every program compiles anew.
IN_BOTH_DTYPES = pytest.mark.parametrize(
    ("dtype", "is_complex"), [(np.float64, True), (np.float32, False)], ids=["complex128", "float32"]
)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
SHAPE = ("odd",)  # every shape compiles anew
few = settings(max_examples=4)


@IN_BOTH_DTYPES
@EVERY_KIND
@few
@given(data=st.data(), alpha=st.floats(0.5, 4))
def test_operators(kind, is_complex, dtype, data, alpha):
    low, high = rounded(data.draw(measured(kind, is_complex, SHAPE)), dtype)
    weights = np.abs(low.data)
    tol = tolerance("operator", dtype)
    pairs = {
        "forward": ((low.operator, low.image), (high.operator, high.image)),
        "adjoint": ((low.operator, low.data), (high.operator, high.data)),
        "normal": (
            (low.operator, low.image, weights),
            (high.operator, high.image, weights.astype(float)),
        ),
    }
    for name, (mine, theirs) in pairs.items():
        assert_agree(jax.jit(getattr(operators, name))(*mine), getattr(reference, name)(*theirs), tol, dtype)
    solved = jax.jit(operators.gram_solve)(low.operator, low.image, alpha, max_iter=60)
    expected = reference.gram_solve(high.operator, high.image, alpha, max_iter=60)
    assert_agree(solved, expected, tolerance("gram_solve", dtype, 1e-9), dtype)
    found = operators.norm(low.operator, low.image)
    assert_agree(found, reference.norm(high.operator, high.image), tolerance("norm", dtype), dtype)


def test_ip8_bounds_of_the_norm():
    """Of an operator without negative entries, where the image of ones is no eigenvector by chance."""
    operator, image = Matrix(rows=np.random.default_rng(4).uniform(0, 1, (9, 5, 4))), np.zeros((5, 4))
    for name in ("power_norm", "schur_bound"):
        found, expected = (getattr(each, name)(operator, image) for each in (operators, reference))
        assert_agree(found, expected, FUNCTION)
    nothing = Matrix(rows=np.zeros((2, 3)))
    assert operators.power_norm(nothing, np.zeros(3)) == 0


@IN_BOTH_DTYPES
@EVERY_KIND
@few
@given(data=st.data())
def test_ip0_the_pullback_is_the_adjoint_and_can_be_pulled_back(kind, is_complex, dtype, data):
    """JAX's gradients are conjugate: Aᵀ is what it takes. That of Aᵀ is A again."""
    (operator, image, values), _ = rounded(data.draw(measured(kind, is_complex, SHAPE)), dtype)

    def back(values):
        return jax.linear_transpose(lambda image: operators.forward(operator, image), image)(values)[0]

    adjoint = operators.adjoint(operator, values)
    expected = np.asarray(adjoint if np.iscomplexobj(image) else adjoint.real)
    tol = 64 * (np.finfo(dtype).eps)
    assert_agree(back(values.conj()).conj(), expected, tol, dtype)
    (again,) = jax.linear_transpose(back, values)(image)
    wanted = np.asarray(operators.forward(operator, image))
    assert_agree(again, wanted if np.iscomplexobj(wanted) else wanted.real, tol, dtype)


@EVERY_KIND
@few
@given(data=st.data())
def test_the_gradient_of_a_misfit(kind, data):
    """∇ ½‖Ax−y‖² = A*(Ax−y), as the direction of steepest ascent; to its numbers, finite differences."""
    operator, image, values = data.draw(measured(kind, True, SHAPE))

    def misfit(operator, image):
        return 0.5 * reference.squared_norm(np.asarray(reference.forward(operator, image) - values))

    def traced(operator, image):
        return 0.5 * operators.squared_norm(operators.forward(operator, image) - values)

    found = jax.grad(traced, argnums=1)(operator, jnp.asarray(image)).conj()
    expected = reference.adjoint(operator, reference.forward(operator, image) - values)
    assert_agree(found, expected, GRADIENT)
    gradient = jax.grad(traced)(operator, jnp.asarray(image))
    for leaf, slope in zip(jax.tree.leaves(operator), jax.tree.leaves(gradient), strict=True):
        step = 1e-6 * np.ones(leaf.shape)
        moved = [
            jax.tree.map(
                lambda each, leaf=leaf, s=s, step=step: each + s * step if each is leaf else each, operator
            )
            for s in (-1, 1)
        ]
        change = (misfit(moved[1], image) - misfit(moved[0], image)) / 2e-6
        np.testing.assert_allclose(np.sum(slope).real, change, rtol=1e-6, atol=1e-6)


@few
@given(data=st.data(), alpha=st.floats(0.5, 4))
def test_ip12_the_solution_is_differentiated_as_a_solution(data, alpha):
    """By conjugate gradients, whose loop JAX could not reverse: (A*A+αI)⁻¹ is its own adjoint."""
    operator, image, _ = data.draw(measured("Gradient", True, SHAPE))
    _, pullback = jax.vjp(lambda b: operators.gram_solve(operator, b, alpha, max_iter=60), jnp.asarray(image))
    (found,) = pullback(jnp.asarray(image.conj()))
    expected = reference.gram_solve(operator, image, alpha, max_iter=60)
    assert_agree(found.conj(), expected, GRADIENT)


@EVERY_KIND
def test_ip0_the_adjoint_in_single_precision(kind):
    rng, shape = np.random.default_rng(3), shapes_of(kind)["odd"]
    drawn = draw_operator(rng, kind, shape), draw_array(rng, shape)
    (operator, image), _ = rounded(drawn, np.float32)
    data = operators.forward(operator, image)
    values = draw_array(rng, data.shape, np.iscomplexobj(data)).astype(data.dtype)
    one, other = np.vdot(data, values), np.vdot(image, operators.adjoint(operator, values))
    sizes = np.linalg.norm(image) * np.linalg.norm(values) * float(operators.norm(operator, image))
    assert abs(one - other) <= 8 * EPS32 * np.sqrt(image.size) * sizes


def test_what_is_no_operator_is_refused():
    with pytest.raises(LookupError, match="is no operator"):
        operators.forward(jnp.eye(3), jnp.zeros(3))
