"""The special functions of the densities, a few roundings from exact ones [NG2], [NG4], [NG6], [NG8]."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import gammaln, i0e, i1e

from deepmix.accelerated.mixtures import _bessel, rician
from deepmix.accelerated.mixtures._log_ratio import log_less_linear
from deepmix.accelerated.mixtures._stirling import stirling

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


@DTYPES
def test_a_logarithm_less_its_linear_term_has_all_digits_near_1(dtype):
    """Where log(1 + t) − t itself has lost half of them, and a shape of 10⁶ would multiply what is left."""
    t = np.concatenate([-np.geomspace(1e-7, 0.999, 500), np.geomspace(1e-7, 30, 500)]).astype(dtype)
    exact = t.astype(np.longdouble)
    expected = np.log1p(exact) - exact
    near = (t > -0.5) & (t < 1)
    series = sum(-((-exact) ** n) / n for n in range(2, 8))
    expected = np.where(np.abs(t) < 1e-3, series, expected)  # there long double cancels too
    found = np.asarray(log_less_linear(jnp.asarray(t), jnp.log1p(jnp.asarray(t))))
    eps = np.finfo(dtype).eps
    np.testing.assert_array_less(np.abs(found / expected - 1)[near], 4 * eps)
    np.testing.assert_array_less(np.abs(found - expected)[~near], 4 * eps * (1 + np.abs(exact))[~near])


@DTYPES
def test_stirlings_remainder(dtype):
    y = np.concatenate([np.geomspace(1e-3, 19, 500), np.arange(1.0, 200)]).astype(dtype)
    exact = y.astype(float)
    expected = exact * np.log(exact) - exact - gammaln(exact)  # up to 600, of which float64 has 13 digits
    found = np.asarray(stirling(jnp.asarray(y)), float)
    np.testing.assert_array_less(np.abs(found - expected), 40 * np.finfo(dtype).eps + 2e-13)


def test_bessel_functions_by_polynomials():
    z = np.concatenate([np.linspace(0, 30, 3001), np.geomspace(30, 400, 100)]).astype(np.float32)
    exact, eps = z.astype(float), np.finfo(np.float32).eps
    with np.errstate(divide="ignore"):
        found = np.asarray(_bessel.log_i0e(jnp.asarray(z), jnp.log(jnp.asarray(z))), float)
    np.testing.assert_array_less(np.abs(found - np.log(i0e(exact))), 4 * eps)
    expected = 1 - i1e(exact) / i0e(exact)
    np.testing.assert_array_less(np.abs(_bessel.misalignment(jnp.asarray(z)) / expected - 1), 10 * eps)


def test_bessel_functions_by_polynomials_end_as_their_series():
    z = np.geomspace(1e4, 1e9, 100).astype(np.float32)
    np.testing.assert_allclose(_bessel.misalignment(jnp.asarray(z)) * z, 0.5, rtol=1e-4)


@DTYPES
def test_the_derivative_of_the_logarithm_is_the_misalignment(dtype):
    z = jnp.linspace(0.1, 20, 200, dtype=dtype)
    slope = jax.vmap(jax.grad(lambda z: rician._log_i0e(z, jnp.log(z))))(z)
    expected = i1e(np.asarray(z, float)) / i0e(np.asarray(z, float)) - 1
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(slope, expected, rtol=10 * eps, atol=4 * eps)
    bent = jax.vmap(jax.grad(jax.grad(lambda z: rician._log_i0e(z, jnp.log(z)))))(z)
    a = 1 + expected
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]  # of a polynomial's derivative
    np.testing.assert_allclose(bent, 1 - a / np.asarray(z, float) - a**2, atol=tolerance)
