"""Laws of the generalised inverses [IP1] to [IP4] and of MAP [IP15]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import linear
from tests.laws.helpers import close
from tests.problems.inverse import SHAPES_OF_MATRICES, matrices

# Rays through an image of 2 × 2 pixels: its columns, its rows and its diagonal.
RAYS = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]], float)
INVERSE = np.array([[1, -1, 1, -1, 2], [0, 2, 2, 0, -2], [2, 0, 0, 2, -2], [-1, 1, -1, 1, 2]]) / 4


def test_ip1_ip3_the_ct_of_two_by_two_pixels():
    close(linear.singular_values(RAYS) ** 2, np.array([3 + np.sqrt(5), 2, 2, 3 - np.sqrt(5)]))
    close(linear.condition(RAYS), np.sqrt((3 + np.sqrt(5)) / (3 - np.sqrt(5))))
    close(linear.condition(RAYS), 2.618, 1e-4)
    close(linear.generalised_inverse(RAYS), INVERSE)
    assert linear.rank(RAYS) == 4


def test_ip1_without_the_diagonal_a_checkerboard_is_not_seen():
    null = np.array([1, -1, -1, 1]) / 2
    assert linear.rank(RAYS[:4]) == 3
    assert linear.condition(RAYS[:4]) == np.inf
    close(linear.null_projection(RAYS[:4]), np.outer(null, null))


@given(matrix=matrices())
def test_ip1_the_eigenvalues_of_the_symmetric_double(matrix):
    """[[0, A], [A*, 0]] has ±σ_i, and zeros."""
    m, n = matrix.shape
    double = np.block([[np.zeros((m, m)), matrix], [matrix.conj().T, np.zeros((n, n))]])
    sigma = linear.singular_values(matrix)
    expected = np.sort(np.concatenate([sigma, -sigma, np.zeros(abs(m - n))]))
    close(np.linalg.eigvalsh(double), expected)


@given(matrix=matrices())
def test_ip1_null_space_and_range(matrix):
    """Projections of the ranks n − p and p; A kills the one and stays within the other."""
    p = linear.rank(matrix)
    null, image = linear.null_projection(matrix), linear.range_projection(matrix)
    for projection, dimension in ((null, matrix.shape[1] - p), (image, p)):
        close(projection @ projection, projection, scale=1)
        close(projection, projection.conj().T)
        close(np.trace(projection), dimension, scale=1)
    close(matrix @ null, 0 * matrix, scale=np.abs(matrix).max())
    close(image @ matrix, matrix)


@given(matrix=matrices())
def test_ip3_the_four_equations_of_moore_and_penrose(matrix):
    inverse = linear.generalised_inverse(matrix)
    close(matrix @ inverse @ matrix, matrix)
    close(inverse @ matrix @ inverse, inverse)
    close((matrix @ inverse).conj().T, matrix @ inverse)
    close((inverse @ matrix).conj().T, inverse @ matrix)


@given(data=st.data())
def test_ip2_ip3_the_generalised_inverse_is_the_others(data):
    tall, square = data.draw(matrices((6, 4), deficient=False)), data.draw(matrices((4, 4), deficient=False))
    close(linear.left_inverse(tall), linear.generalised_inverse(tall), 1e-9)
    close(linear.right_inverse(tall.conj().T), linear.generalised_inverse(tall.conj().T), 1e-9)
    close(linear.generalised_inverse(square), np.linalg.inv(square), 1e-9)


@given(matrix=matrices(), rng=st.integers(0, 99).map(np.random.default_rng))
def test_ip3_it_gives_the_shortest_of_the_best(matrix, rng):
    data = rng.normal(size=len(matrix))
    best = linear.generalised_inverse(matrix) @ data
    misfit = np.linalg.norm(matrix @ best - data)
    for _ in range(5):
        other = best + rng.normal(size=best.shape)
        assert np.linalg.norm(matrix @ other - data) >= misfit - 1e-12
        as_good = best + linear.null_projection(matrix) @ rng.normal(size=best.shape)
        close(np.linalg.norm(matrix @ as_good - data), misfit, scale=np.linalg.norm(data))
        assert np.linalg.norm(as_good) >= np.linalg.norm(best) - 1e-12


@pytest.mark.parametrize("shape", SHAPES_OF_MATRICES)
@given(data=st.data(), strength=st.floats(0.01, 10))
def test_ip4_tikhonov_solves_its_equation(shape, data, strength):
    matrix = data.draw(matrices(shape))
    rng = data.draw(st.integers(0, 99).map(np.random.default_rng))
    (m, n), weights = shape, rng.uniform(0, 2, shape[0])
    values, regulariser, prior = rng.normal(size=m), rng.normal(size=(n + 1, n)), rng.normal(size=n)
    found = linear.tikhonov(matrix, values, strength, weights, regulariser, prior)
    left = matrix.conj().T @ (weights * (matrix @ found - values))
    close(left, -strength * regulariser.T @ (regulariser @ (found - prior)), 1e-9)
    plain = linear.tikhonov(matrix, values, strength)
    close(plain, linear.tikhonov(matrix, values, strength, np.ones(m), np.eye(n), np.zeros(n)))


@given(matrix=matrices(), rng=st.integers(0, 99).map(np.random.default_rng))
def test_ip4_a_stronger_pull_makes_it_shorter_and_the_misfit_larger(matrix, rng):
    """As λ → 0 it is A_g y."""
    data = rng.normal(size=len(matrix))
    found = [linear.tikhonov(matrix, data, strength) for strength in (1e-9, 1e-2, 0.1, 1, 10)]
    assert (np.diff(np.linalg.norm(found, axis=1)) <= 1e-12).all()
    assert (np.diff([np.linalg.norm(matrix @ each - data) for each in found]) >= -1e-12).all()
    close(found[0], linear.generalised_inverse(matrix) @ data, 1e-5, scale=1 + np.abs(found[0]).max())


@given(matrix=matrices(deficient=False), rng=st.integers(0, 99).map(np.random.default_rng))
def test_ip15_map_is_where_the_density_has_no_slope(matrix, rng):
    """−log p = ½(y−Ax)*Σ⁻¹(y−Ax) + ‖Gx‖²/2η + const."""
    m, n = matrix.shape
    factor, regulariser, eta = rng.normal(size=(m, m)), rng.normal(size=(n, n)), rng.uniform(0.3, 3)
    covariance, data = factor @ factor.T + np.eye(m), rng.normal(size=m)
    found = linear.maximum_a_posteriori(matrix, data, covariance, regulariser, eta)
    slope = matrix.conj().T @ np.linalg.solve(covariance, matrix @ found - data)
    close(slope, -regulariser.T @ regulariser @ found / eta, 1e-8)
