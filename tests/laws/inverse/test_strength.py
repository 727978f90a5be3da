"""Laws of the strength from the noise [IP16]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import linear, strength
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import matrices


@given(matrix=matrices(), rng=generators, strengths=st.lists(st.floats(1e-3, 10), min_size=2, max_size=4))
def test_ip16_the_misfit_is_that_of_tikhonov_and_grows(matrix, rng, strengths):
    data, strengths = rng.normal(size=len(matrix)), np.sort(strengths)
    found = strength.misfit(matrix, data, strengths)
    expected = [np.linalg.norm(matrix @ linear.tikhonov(matrix, data, each) - data) ** 2 for each in strengths]
    close(found, np.array(expected), 1e-9)
    assert (np.diff(found) >= -1e-12).all()
    left = data - matrix @ (linear.generalised_inverse(matrix) @ data)
    close(strength.misfit(matrix, data, 0.0), np.linalg.norm(left) ** 2, scale=data @ data)


@given(data=st.data(), share=st.floats(0.1, 0.9))
def test_ip16_the_discrepancy_is_met(data, share):
    """‖Ax_λ−y‖² = mσ², where that lies between the least misfit and that of 0."""
    matrix, rng = data.draw(matrices((5, 4), deficient=False)), data.draw(generators)
    values = rng.normal(size=5)
    least, most = strength.misfit(matrix, values, 0.0), values @ values
    noise = (least + share * (most - least)) / 5
    found = strength.discrepancy(matrix, values, noise)
    close(strength.misfit(matrix, values, found), 5 * noise, 1e-9)
    assert strength.discrepancy(matrix, values, 0.99 * least / 5) == 0
    assert strength.discrepancy(matrix, values, 1.01 * most / 5) == np.inf


def test_ip16_bisection_finds_any_root():
    close(strength.bisect(lambda x: x**2, 9.0, 1e-3, 1e3), 3.0)


@given(matrix=matrices(), rng=generators, value=st.floats(1e-2, 10))
def test_ip16_cross_validation_by_the_hat_matrix(matrix, rng, value):
    """m‖(I−H)y‖²/tr(I−H)², H = A(A*A+λI)⁻¹A*."""
    m, n = matrix.shape
    data = rng.normal(size=m)
    hat = matrix @ np.linalg.solve(matrix.conj().T @ matrix + value * np.eye(n), matrix.conj().T)
    rest = np.eye(m) - hat
    expected = m * np.linalg.norm(rest @ data) ** 2 / np.trace(rest).real ** 2
    close(strength.cross_validation(matrix, data, value), expected, 1e-9)


def test_ip16_it_finds_about_the_best_strength():
    """Where the truth is known: the error at the chosen λ is at most twice the least."""
    rng = np.random.default_rng(6)
    matrix = np.exp(-((np.arange(30)[:, None] - 1.5 * np.arange(20)) ** 2) / 20)
    truth = np.sin(np.arange(20) / 3)
    data = matrix @ truth + 0.05 * rng.normal(size=30)
    strengths = np.logspace(-6, 1, 40)
    errors = [np.linalg.norm(linear.tikhonov(matrix, data, each) - truth) for each in strengths]
    chosen = errors[int(strength.cross_validation(matrix, data, strengths).argmin())]
    assert chosen <= 2 * min(errors)
    by_noise = linear.tikhonov(matrix, data, strength.discrepancy(matrix, data, 0.05**2))
    assert np.linalg.norm(by_noise - truth) <= 1.5 * min(errors)
    assert strength.misfit(matrix, data, 0.1) == pytest.approx(
        np.linalg.norm(matrix @ linear.tikhonov(matrix, data, 0.1) - data) ** 2
    )
