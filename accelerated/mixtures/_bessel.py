"""log e⁻ᶻ I₀(z) and 1 − I₁(z) / I₀(z) of z ≥ 0 by polynomials, to the rounding of float32 [NG4], [NG5].

They take half of the time of Bessel functions and a logarithm. Up to z = 4 they are polynomials in z², of
log I₀(z) and I₁(z) / (z I₀(z)); beyond it in 1/z, of what is left of the growth.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.polynomial import chebyshev

_FAR = 4.0  # z
_NEAR_DEGREE, _FAR_DEGREE = 15, 10  # what comes after them is less than the rounding of float32
_PHASES = (np.arange(500) + 0.5) * (np.pi / 500)  # the midpoint rule converges exponentially: here, up to z = 10⁴


def log_i0e(z: jax.Array, log_z: jax.Array) -> jax.Array:
    """log e⁻ᶻ I₀(z), from z and its logarithm."""
    near, far, _ = _places(z)
    return jnp.where(z < _FAR, _at(_LOG_NEAR, near) - z, _at(_LOG_FAR, far) - log_z / 2)


def misalignment(z: jax.Array) -> jax.Array:
    """1 − I₁(z) / I₀(z)."""
    near, far, inverse = _places(z)
    return jnp.where(z < _FAR, 1 - z * _at(_RATIO_NEAR, near), _at(_LOST_FAR, far) * inverse)


def _places(z: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Where z is between 0 and 4, from −1 to 1; where between 4 and ∞, from 1 to −1; and 1/z of the latter."""
    small, inverse = (
        jnp.where(z < _FAR, z, _FAR),
        1 / jnp.where(z < _FAR, _FAR, z),
    )  # `minimum` halves gradients at 4
    return small * small * (2 / _FAR**2) - 1, 2 * _FAR * inverse - 1, inverse


def _at(coefficients: Sequence[float], x: jax.Array) -> jax.Array:
    """The polynomial with these coefficients, of x⁰ first."""
    total = jnp.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def _weights(z: np.ndarray) -> np.ndarray:
    """e^(z (cos φ − 1)) at the phases φ, whose mean is e⁻ᶻ I₀(z)."""
    return np.exp(-2 * z[:, None] * np.sin(_PHASES / 2) ** 2)


def _log_i0e(z: np.ndarray) -> np.ndarray:
    return np.log(_weights(z).mean(axis=1))


def _lost(z: np.ndarray) -> np.ndarray:
    """The mean of 1 − cos φ with these weights: 1 − I₁(z) / I₀(z)."""
    weights = _weights(z)
    return weights @ (2 * np.sin(_PHASES / 2) ** 2) / weights.sum(axis=1)


def _near(function: Callable[[np.ndarray], np.ndarray]) -> list[float]:
    """The coefficients of a function of z ≤ 4, in z²/8 − 1."""
    return _fit(lambda s: function(_FAR * np.sqrt((1 + s) / 2)), _NEAR_DEGREE)


def _far(function: Callable[[np.ndarray], np.ndarray]) -> list[float]:
    """The coefficients of a function of z ≥ 4, in 8/z − 1."""
    return _fit(lambda s: function(2 * _FAR / (1 + s)), _FAR_DEGREE)


def _fit(function: Callable[..., Any], degree: int) -> list[float]:
    return chebyshev.cheb2poly(chebyshev.chebinterpolate(function, degree)).tolist()


_LOG_NEAR = _near(lambda z: _log_i0e(z) + z)
_LOG_FAR = _far(lambda z: _log_i0e(z) + np.log(z) / 2)
_RATIO_NEAR = _near(lambda z: (1 - _lost(z)) / z)
_LOST_FAR = _far(lambda z: _lost(z) * z)
