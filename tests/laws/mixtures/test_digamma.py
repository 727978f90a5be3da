"""Laws of log y − ψ(y) and its inverse [NG1]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import psi

from deepmix.reference.mixtures import digamma

exponents = st.floats(-8, 8)
CAP = 1e9


@given(exponent=exponents)
def test_ng1_the_residual_is_rounding(exponent):
    s = 10**exponent
    y = digamma.inverse(np.array(s), CAP)
    assert abs(digamma.log_minus_digamma(y) - s) <= 1e-12 * s
    assert abs(digamma.inverse(digamma.log_minus_digamma(y), CAP) / y - 1) <= 1e-11


def test_ng1_y_falls_as_s_grows():
    s = np.logspace(-8, 8, 2001)
    assert (np.diff(digamma.inverse(s, CAP)) < 0).all()


@pytest.mark.parametrize("s", [0.0, -1.0, -1e9])
def test_ng1_what_no_y_has_gets_the_cap(s):
    assert digamma.inverse(np.array(s), 500.0) == 500.0
    np.testing.assert_array_equal(digamma.inverse(np.array([s, 1e-9]), 500.0), 500.0)


def test_ng1_both_ways_of_computing_meet():
    """The series from 20 on, the difference below."""
    y = np.array([digamma.SERIES - 1e-9, digamma.SERIES])
    np.testing.assert_allclose(digamma.log_minus_digamma(y), np.log(y) - psi(y), rtol=1e-13)
    assert abs(np.diff(digamma.slope(y))) < 1e-11


@given(exponent=st.floats(-2, 4))
def test_ng1_slope_is_the_derivative(exponent):
    y = 10**exponent
    h = 1e-4 * y
    around = digamma.log_minus_digamma(y + h * np.array([-2, -1, 1, 2]))
    difference = (8 * (around[2] - around[1]) - (around[3] - around[0])) / (12 * h)
    assert abs(difference / digamma.slope(np.array(y)) - 1) < 1e-8
