"""Conjugate gradients for a positive definite map [IP12].

The problem: Bx = b, B self-adjoint with ⟨x, Bx⟩ > 0. The iteration, from r = b − Bx and d = r:
α = ‖r‖²/⟨d, Bd⟩;  x ← x + αd;  r⁺ = r − αBd;  d ← r⁺ + (‖r⁺‖²/‖r‖²) d;  r ← r⁺.
"""

from collections.abc import Callable

import numpy as np


def run(
    multiply: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
    start: np.ndarray | None = None,
    *,
    tol: float = 1e-10,
    max_iter: int = 50,
) -> np.ndarray:
    """Solve Bx = b [IP12].

    multiply: x ↦ Bx. right: b, of any shape. start: x, 0 if not given. tol: it ends when ‖r‖ ≤ tol ‖b‖.
    max_iter: the largest number of steps. Returns x.
    """
    x = np.zeros_like(right) if start is None else start
    r = right - multiply(x)
    d, size = r, squared_norm(r)
    enough = tol**2 * squared_norm(right)
    for _ in range(max_iter):
        if size <= enough:
            break
        image = multiply(d)
        alpha = size / np.vdot(d, image).real
        x, r = x + alpha * d, r - alpha * image
        size, before = squared_norm(r), size
        d = r + size / before * d
    return x


def squared_norm(array: np.ndarray) -> float:
    """‖x‖² = Σ |x_i|² [IP0], of any shape."""
    return float(np.vdot(array, array).real)
