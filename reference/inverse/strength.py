"""The strength of a regulariser from the noise: discrepancy and generalised cross validation [IP16]."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .linear import significant

HALVINGS = 60  # of the logarithm of λ: to the last digit


def misfit(matrix: np.ndarray, data: np.ndarray, strength: float | np.ndarray) -> np.ndarray:
    """‖Ax_λ−y‖² of Tikhonov's x_λ = (A*A+λI)⁻¹A*y, by the singular values [IP16], [IP1].

    matrix: A (m, n). data: y (m,). strength: λ ≥ 0, of any shape. Returns that shape; it grows with λ.
    """
    sigma, squares, rest = _spectrum(matrix, data)
    return rest + ((1 - _share(sigma, strength)) ** 2 * squares).sum(axis=-1)


def discrepancy(matrix: np.ndarray, data: np.ndarray, noise: float) -> float:
    """The largest λ with ‖Ax_λ−y‖² ≤ mσ², by bisection of its logarithm [IP16].

    matrix: A (m, n). data: y (m,). noise: σ² > 0, the variance of a datum. Returns λ; 0 if no λ reaches it, ∞ if
    every one does.
    """
    top = np.linalg.norm(matrix, 2) ** 2
    eps = np.finfo(float).eps
    return bisect(lambda strength: misfit(matrix, data, strength), len(data) * noise, eps**2 * top, top / eps)


def bisect(misfit: Callable[[float], Any], target: float, low: float, high: float) -> float:
    """The largest λ between two bounds with misfit(λ) ≤ target, for a misfit that grows [IP16].

    Returns λ; 0 if that at `low` is too large, ∞ if that at `high` is not.
    """
    if misfit(low) > target:
        return 0.0
    if misfit(high) <= target:
        return np.inf
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if misfit(middle) <= target else (low, middle)
    return float(low)


def cross_validation(matrix: np.ndarray, data: np.ndarray, strength: float | np.ndarray) -> np.ndarray:
    """m‖Ax_λ−y‖²/(m − Σ σ_i²/(σ_i²+λ))², whose least says a good λ where the noise is not known [IP16].

    Golub, Heath, Wahba 1979. Arguments and shape as for `misfit`.
    """
    sigma, _, _ = _spectrum(matrix, data)
    m = len(data)
    return m * misfit(matrix, data, strength) / (m - _share(sigma, strength).sum(axis=-1)) ** 2


def _spectrum(matrix: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """σ_i, 0 where it does not count, |u_i*y|², and ‖y − UU*y‖² [IP1]."""
    u, sigma, _ = np.linalg.svd(matrix, full_matrices=False)
    coefficients = u.conj().T @ data
    rest = data - u @ coefficients
    counted = np.where(significant(sigma, matrix), sigma, 0)
    return counted, np.abs(coefficients) ** 2, (np.abs(rest) ** 2).sum()


def _share(sigma: np.ndarray, strength: float | np.ndarray) -> np.ndarray:
    """σ²/(σ²+λ), 0 where both are 0."""
    below = sigma**2 + np.asarray(strength)[..., None]
    return np.where(below > 0, sigma**2 / np.where(below > 0, below, 1), 0)
