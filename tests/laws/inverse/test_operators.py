"""Laws of the operators [IP0], of their norms [IP8] and of the solution with their Gram matrix [IP12]."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import conjugate_gradients, finite_differences, fourier, least_squares, operators
from deepmix.reference.inverse.records import Blur, Fourier, LinearMap, Matrix
from tests.laws.helpers import UNIT, close
from tests.problems import generators
from tests.problems.inverse import KINDS, SHAPES, dense, measured

EVERY = pytest.mark.parametrize("kind", KINDS)
ALL = [pytest.param(kind, each, id=f"{kind}-{'complex' if each else 'real'}") for kind in KINDS for each in (0, 1)]
EVERY_DTYPE = pytest.mark.parametrize(("kind", "is_complex"), ALL)


@EVERY_DTYPE
@given(data=st.data())
def test_ip0_the_adjoint_is_the_adjoint(kind, is_complex, data):
    """Within 8·eps·√n·‖x‖‖y‖‖A‖."""
    operator, image, values = data.draw(measured(kind, is_complex))
    one = np.vdot(operators.forward(operator, image), values)
    other = np.vdot(image, operators.adjoint(operator, values))
    sizes = np.linalg.norm(image) * np.linalg.norm(values) * operators.norm(operator, image)
    assert abs(one - other) <= 8 * 2 * UNIT * np.sqrt(image.size) * sizes


@EVERY_DTYPE
@given(data=st.data())
def test_ip0_an_operator_is_its_matrix(kind, is_complex, data):
    operator, image, values = data.draw(measured(kind, is_complex))
    matrix = dense(operator, image.shape)
    close(operators.forward(operator, image).ravel(), matrix @ image.ravel())
    close(operators.adjoint(operator, values).ravel(), matrix.conj().T @ values.ravel())


@EVERY_DTYPE
@given(data=st.data(), rng=generators)
def test_ip0_the_normal_map_weighs_the_data(kind, is_complex, data, rng):
    operator, image, values = data.draw(measured(kind, is_complex))
    matrix, weights = dense(operator, image.shape), rng.uniform(0, 2, values.shape)
    gram = matrix.conj().T @ (weights.ravel()[:, None] * matrix)
    close(operators.normal(operator, image, weights).ravel(), gram @ image.ravel())
    close(operators.normal(operator, image), operators.normal(operator, image, np.ones(values.shape)))


@EVERY_DTYPE
@given(data=st.data(), alpha=st.floats(0.1, 10))
def test_ip12_the_gram_matrix_is_inverted(kind, is_complex, data, alpha):
    operator, image, _ = data.draw(measured(kind, is_complex))
    found = operators.gram_solve(operator, image, alpha, max_iter=200)
    close(operators.normal(operator, found) + alpha * found, image, 1e-9)


@EVERY_DTYPE
@given(data=st.data())
def test_ip8_the_norm_is_the_largest_singular_value(kind, is_complex, data):
    operator, image, _ = data.draw(measured(kind, is_complex))
    close(operators.norm(operator, image), np.linalg.norm(dense(operator, image.shape), 2))


@given(rng=generators)
def test_ip8_the_power_iteration_bounds_the_norm_of_what_has_no_negative_entry(rng):
    operator, image = Matrix(rows=rng.uniform(0, 1, (9, 4, 6))), np.zeros((4, 6))
    exact = np.linalg.norm(operator.rows.reshape(9, -1), 2)
    close(operators.power_norm(operator, image), np.sqrt(1.05) * exact, 1e-6)
    assert exact <= operators.schur_bound(operator, image) * (1 + 1e-12)


def test_ip8_the_norm_of_nothing_is_0():
    assert operators.power_norm(Matrix(rows=np.zeros((2, 3))), np.zeros(3)) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_ip0_the_fourier_transform_by_its_sum(shape):
    """Frequency 0 and the origin of the image are at index n//2."""
    places = np.indices(shape).reshape(2, -1).T - np.array(shape) // 2
    matrix = np.exp(-2j * np.pi * (places / shape) @ places.T) / np.sqrt(places.shape[0])
    close(dense(Fourier(mask=np.ones(shape)), shape), matrix)
    image = np.random.default_rng(0).normal(size=(2, *shape))  # two channels
    close(fourier.inverse(fourier.transform(image, 2), 2), image)


@pytest.mark.parametrize("shape", SHAPES)
def test_ip0_ip5_a_blur_by_loops(shape):
    """Periodic, about the kernel's index n//2; of the kernel's transform, the size of the image."""
    rng = np.random.default_rng(1)
    kernel, image = rng.normal(size=(3, 2)), rng.normal(size=(2, *shape))
    expected = np.zeros(image.shape)
    for place in np.ndindex(*shape):
        for tap in np.ndindex(3, 2):
            source = tuple((place[a] - (tap[a] - kernel.shape[a] // 2)) % shape[a] for a in (0, 1))
            expected[:, place[0], place[1]] += kernel[tap] * image[:, source[0], source[1]]
    close(operators.forward(Blur(kernel=kernel), image), expected)
    close(fourier.filtered(image, fourier.transfer(kernel, image)), expected)


def test_ip6_differences_by_loops():
    image = np.random.default_rng(2).normal(size=(3, 4, 2))
    expected = np.zeros((3, *image.shape))
    for axis in range(3):
        for place in np.ndindex(*image.shape):
            ahead = tuple(i + (a == axis) for a, i in enumerate(place))
            if ahead[axis] < image.shape[axis]:
                expected[(axis, *place)] = image[ahead] - image[place]
    close(finite_differences.gradient(image), expected)


@given(rng=generators)
def test_ip6_differences_and_their_adjoint(rng):
    """A constant has none, and ‖∇‖² ≤ 4·dims."""
    image, field = rng.normal(size=(4, 5)), rng.normal(size=(2, 4, 5))
    close(
        np.vdot(finite_differences.gradient(image), field),
        np.vdot(image, finite_differences.adjoint(field)),
        1e-12,
    )
    assert not finite_differences.gradient(np.full((4, 5), rng.normal())).any()
    assert np.sum(finite_differences.gradient(image) ** 2) <= 4 * 2 * np.sum(image**2)


@given(rng=generators, is_complex=st.booleans())
def test_ip12_as_many_steps_as_unknowns_solve(rng, is_complex):
    """And the error, in the norm of the matrix, never grows."""
    factor = rng.normal(size=(6, 6)) + 1j * is_complex * rng.normal(size=(6, 6))
    matrix = factor @ factor.conj().T + np.eye(6)
    right = matrix @ rng.normal(size=6)
    exact = np.linalg.solve(matrix, right)
    errors = [
        conjugate_gradients.run(lambda x: matrix @ x, right, tol=0, max_iter=steps) - exact for steps in range(8)
    ]
    sizes = [np.vdot(error, matrix @ error).real for error in errors]
    assert all(after <= before + 1e-20 for before, after in pairwise(sizes))
    close(errors[-1], 0 * exact, 1e-8, scale=np.abs(exact).max())


@given(rng=generators)
def test_ip12_the_solution_as_a_start_is_left_as_it_is(rng):
    factor = rng.normal(size=(5, 5))
    matrix, exact = factor @ factor.T + np.eye(5), rng.normal(size=5)
    found = conjugate_gradients.run(lambda x: matrix @ x, matrix @ exact, exact)
    np.testing.assert_array_equal(found, exact)


def test_ip0_what_is_no_operator_is_refused():
    with pytest.raises(LookupError, match="ndarray is no operator"):
        operators.forward(np.eye(3), np.zeros(3))
    assert operators.conjugate_gradients.squared_norm(np.array([3, 4j])) == 25


@given(rng=generators)
def test_ip0_ip8_ip12_functions_are_an_operator(rng):
    """What is not known of them comes from the general rules."""
    rows, image, data = np.abs(rng.normal(size=(7, 4))), rng.normal(size=4), rng.normal(size=7)
    pair, matrix = LinearMap(forward=rows.__matmul__, adjoint=rows.T.__matmul__), Matrix(rows=rows)
    close(operators.normal(pair, image), operators.normal(matrix, image))
    close(operators.gram_solve(pair, image, 0.5), operators.gram_solve(matrix, image, 0.5), 1e-8)
    close(operators.norm(pair, image), np.sqrt(1.05) * operators.norm(matrix, image), 1e-3)
    found, expected = (least_squares.reconstruct(each, data, 0.5, tol=1e-12) for each in (pair, matrix))
    close(found.image, expected.image)
