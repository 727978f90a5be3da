"""Laws of CGLS [IP12] and of Tikhonov by it [IP4]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import least_squares, linear
from deepmix.reference.inverse.operators import forward
from deepmix.reference.inverse.records import Gradient, Matrix
from deepmix.reference.types import Status
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import KINDS, dense, matrices, measured


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), strength=st.floats(0.1, 2))
def test_ip4_ip12_it_is_tikhonov_of_the_matrix(kind, data, strength):
    """With weights, an H1 regulariser and a prior."""
    operator, image, values = data.draw(measured(kind, False))
    rng = data.draw(generators)
    weights, prior = rng.uniform(0.5, 2, values.shape), rng.normal(size=image.shape)
    matrix, differences = dense(operator, image.shape), dense(Gradient(), image.shape)
    found = least_squares.reconstruct(
        operator, values, strength, weights, regulariser=Gradient(), prior=prior, tol=1e-13, max_iter=200
    )
    flat = values.ravel(), strength, weights.ravel(), differences, prior.ravel()
    expected = linear.tikhonov(matrix, *flat).reshape(image.shape)
    close(found.image, expected, 1e-8, scale=1 + np.abs(expected).max())
    close(found.value, found.history[-1])


@given(matrix=matrices(), rng=generators)
def test_ip12_from_0_it_finds_the_shortest_solution(matrix, rng):
    """Of a deficient matrix too; n steps and one that moves nothing."""
    data = rng.normal(size=len(matrix)) + 1j * np.iscomplexobj(matrix) * rng.normal(size=len(matrix))
    found = least_squares.reconstruct(Matrix(rows=matrix), data, tol=1e-9)
    close(found.image, linear.generalised_inverse(matrix) @ data, 1e-7)
    assert found.iterations <= matrix.shape[1] + 1
    assert found.status is Status.converged


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_ip12_the_misfit_never_grows(data, kind):
    operator, _, values = data.draw(measured(kind, True))
    found = least_squares.reconstruct(operator, values, tol=-1, max_iter=8)
    assert len(found.history) == 9
    assert (np.diff(found.history) <= 1e-13 * found.history[0]).all()
    left = forward(operator, found.image) - np.where(getattr(operator, "mask", 1), values, 0)
    close(found.value, 0.5 * np.linalg.norm(left) ** 2, scale=found.history[0])


def test_ip12_nothing_is_left_to_do_at_the_solution():
    operator, image = Matrix(rows=np.eye(3)), np.arange(3.0)
    found = least_squares.reconstruct(operator, image, start=image)
    np.testing.assert_array_equal(found.image, image)
    assert (found.status, found.iterations) == (Status.converged, 1)
    nothing = least_squares.reconstruct(operator, 0 * image)
    assert nothing.degenerate
    assert not nothing.image.any()
