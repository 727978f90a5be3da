"""log y − ψ(y) and its inverse, which gives the shape of a gamma and the degrees of a Student class [NG1]."""

import numpy as np
from scipy.special import polygamma, psi

SERIES = 20.0  # from here on by the series: log y and ψ(y) agree in ever more digits
N_STEPS = 4  # of Newton's method


def log_minus_digamma(y: np.ndarray) -> np.ndarray:
    """log y − ψ(y) of y > 0, any shape; it falls from ∞ to 0 [NG1]."""
    inverse = 1 / np.maximum(y, SERIES)
    tail = inverse / 2 + inverse**2 / 12 - inverse**4 / 120 + inverse**6 / 252 - inverse**8 / 240
    return np.where(y >= SERIES, tail, np.log(y) - psi(y))


def slope(y: np.ndarray) -> np.ndarray:
    """The derivative 1/y − ψ′(y) of `log_minus_digamma`; negative [NG1]."""
    inverse = 1 / np.maximum(y, SERIES)
    tail = -(inverse**2) / 2 - inverse**3 / 6 + inverse**5 / 30 - inverse**7 / 42 + inverse**9 / 30
    return np.where(y >= SERIES, tail, 1 / y - polygamma(1, y))


def inverse(s: np.ndarray, greatest: float) -> np.ndarray:
    """y with log y − ψ(y) = s, at most `greatest`, which it is for s ≤ 0 [NG1].

    s: any shape. Newton's method in log y, from an approximation within two percent.
    """
    positive = np.where(s > 0, s, 1)
    y = (3 - positive + np.sqrt((positive - 3) ** 2 + 24 * positive)) / (12 * positive)
    for _ in range(N_STEPS):
        y = y * np.exp((positive - log_minus_digamma(y)) / (y * slope(y)))
    return np.where(s > 0, np.minimum(y, greatest), greatest)
