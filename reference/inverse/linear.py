"""What a matrix lets one know: singular values, generalised inverses, Tikhonov, MAP [IP1]–[IP4], [IP15].

Of the singular vectors only what has no choice of sign is returned: projections and inverses.
"""

import numpy as np


def singular_values(matrix: np.ndarray) -> np.ndarray:
    """σ_i, the largest first [IP1]. matrix: A (m, n), real or complex. Returns (min(m, n),)."""
    return np.linalg.svd(matrix, compute_uv=False)


def significant(sigma: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Which singular values count: σ_i > max(m, n)·eps·σ₁ [IP1].

    sigma: σ, the largest first. matrix: A (m, n), of which only the shape counts. Returns booleans.
    """
    return sigma > max(matrix.shape) * np.finfo(sigma.dtype).eps * sigma[0]


def rank(matrix: np.ndarray) -> int:
    """p, how many singular values count [IP1]. matrix: A (m, n)."""
    return int(significant(singular_values(matrix), matrix).sum())


def condition(matrix: np.ndarray) -> float:
    """σ₁/σ_p if p = n, else ∞: how much errors of the data may grow, relatively [IP1]. matrix: A (m, n)."""
    sigma = singular_values(matrix)
    return float(sigma[0] / sigma[-1]) if rank(matrix) == matrix.shape[1] else np.inf


def null_projection(matrix: np.ndarray) -> np.ndarray:
    """I − V_pV_p*, onto what A does not see [IP1]. matrix: A (m, n). Returns (n, n)."""
    _, _, v = _decomposed(matrix)
    return np.eye(matrix.shape[1]) - v @ v.conj().T


def range_projection(matrix: np.ndarray) -> np.ndarray:
    """U_pU_p*, onto the data that A can make [IP1]. matrix: A (m, n). Returns (m, m)."""
    u, _, _ = _decomposed(matrix)
    return u @ u.conj().T


def left_inverse(matrix: np.ndarray) -> np.ndarray:
    """(A*A)⁻¹A*: least squares, where p = n [IP2]. matrix: A (m, n). Returns (n, m)."""
    return np.linalg.solve(matrix.conj().T @ matrix, matrix.conj().T)


def right_inverse(matrix: np.ndarray) -> np.ndarray:
    """A*(AA*)⁻¹: minimum length, where p = m [IP2]. matrix: A (m, n). Returns (n, m)."""
    return np.linalg.solve(matrix @ matrix.conj().T, matrix).conj().T


def generalised_inverse(matrix: np.ndarray) -> np.ndarray:
    """A_g = V_pΛ_p⁻¹U_p* [IP3]. matrix: A (m, n). Returns (n, m)."""
    u, sigma, v = _decomposed(matrix)
    return (v / sigma) @ u.conj().T


def tikhonov(
    matrix: np.ndarray,
    data: np.ndarray,
    strength: float,
    weights: np.ndarray | None = None,
    regulariser: np.ndarray | None = None,
    prior: np.ndarray | None = None,
) -> np.ndarray:
    """The x with the least ½‖Ax−y‖²_W + ½λ‖G(x−x̂)‖² [IP4].

    matrix: A (m, n). data: y (m,). strength: λ > 0. weights: W (m,), 1 if not given. regulariser: G (k, n), the
    identity if not given. prior: x̂ (n,), 0 if not given. Returns (n,).
    """
    root = np.ones(len(data)) if weights is None else np.sqrt(weights)
    pull = np.sqrt(strength) * (np.eye(matrix.shape[1]) if regulariser is None else regulariser)
    aim = np.zeros(len(pull)) if prior is None else pull @ prior
    stack = np.concatenate([root[:, None] * matrix, pull])
    return np.linalg.lstsq(stack, np.concatenate([root * data, aim]), rcond=None)[0]


def maximum_a_posteriori(
    matrix: np.ndarray, data: np.ndarray, covariance: np.ndarray, regulariser: np.ndarray, variance: float
) -> np.ndarray:
    """The likeliest x for y ~ N(Ax, Σ) and Gx ~ N(0, ηI): Tikhonov with W = Σ⁻¹ and λ = 1/η [IP15].

    matrix: A (m, n). data: y (m,). covariance: Σ (m, m). regulariser: G (k, n). variance: η. Returns (n,).
    """
    factor = np.linalg.cholesky(covariance)
    whitened, white = np.linalg.solve(factor, matrix), np.linalg.solve(factor, data)
    return tikhonov(whitened, white, 1 / variance, regulariser=regulariser)


def _decomposed(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U_p, σ_1 … σ_p and V_p [IP1]."""
    u, sigma, vh = np.linalg.svd(matrix, full_matrices=False)
    kept = significant(sigma, matrix)
    return u[:, kept], sigma[kept], vh[kept].conj().T
