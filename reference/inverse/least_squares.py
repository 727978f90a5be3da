"""Least squares with and without a quadratic regulariser, by conjugate gradients: CGLS [IP12], [IP4].

The problem: min ½‖Ax−y‖²_W + ½λ‖G(x−x̂)‖². The iteration, from r = y − Ax, s = G(x̂ − x), g = A*Wr + λG*s, d = g:
α = ‖g‖²/(‖Ad‖²_W + λ‖Gd‖²);  x ← x + αd;  r ← r − αAd;  s ← s − αGd;  g⁺ = A*Wr + λG*s;
d ← g⁺ + (‖g⁺‖²/‖g‖²) d;  g ← g⁺.
"""

import numpy as np

from . import stopping
from .checks import check_image, check_not_negative, check_problem
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, says_nothing
from .records import Identity, Operator
from .solutions import LeastSquaresState, Solution


def begin(
    start: np.ndarray,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    strength: float,
    regulariser: Operator,
    prior: np.ndarray,
) -> LeastSquaresState:
    """The state at a start [IP12].

    start: x (*image). weights: W of the data. strength: λ. regulariser: G, an operator. prior: x̂ (*image).
    """
    residual, pull = data - forward(operator, start), forward(regulariser, prior - start)
    descent = _descent(residual, pull, operator, weights, strength, regulariser)
    return LeastSquaresState(
        image=start,
        value=_objective(residual, pull, weights, strength),
        residual=residual,
        pull=pull,
        direction=descent,
        squared=squared_norm(descent),
    )


def step(
    state: LeastSquaresState, operator: Operator, weights: np.ndarray, strength: float, regulariser: Operator
) -> LeastSquaresState:
    """One step of CGLS [IP12]; at the solution, where g = 0, nothing changes. Arguments as for `begin`.

    The value is NaN if the curvature overflows.
    """
    ahead, bent = forward(operator, state.direction), forward(regulariser, state.direction)
    curvature = 2 * _objective(ahead, bent, weights, strength)
    alpha = state.squared / curvature if curvature > 0 else 0.0
    residual, pull = state.residual - alpha * ahead, state.pull - alpha * bent
    descent = _descent(residual, pull, operator, weights, strength, regulariser)
    squared = squared_norm(descent)
    beta = squared / state.squared if state.squared > 0 else 0.0
    return LeastSquaresState(
        image=state.image + alpha * state.direction,
        # a curvature that overflows makes α 0, as if nothing were left to do
        value=_objective(residual, pull, weights, strength) if np.isfinite(curvature) else np.nan,
        residual=residual,
        pull=pull,
        direction=descent + beta * state.direction,
        squared=squared,
    )


def reconstruct(
    operator: Operator,
    data: np.ndarray,
    strength: float = 0.0,
    weights: np.ndarray | None = None,
    *,
    regulariser: Operator = Identity(),
    prior: np.ndarray | None = None,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 50,
) -> Solution:
    """The x with the least ½‖Ax−y‖²_W + ½λ‖G(x−x̂)‖², by CGLS [IP12], [IP4].

    operator: A. data: y. strength: λ ≥ 0; without it the shortest x with the least misfit, if the start is 0.
    weights: W ≥ 0 of the data, 1 if not given. regulariser: G, the identity or an operator such as `Gradient()`.
    prior: x̂ (*image), 0 if not given. start: (*image), 0 if not given. tol: it ends when ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖.
    max_iter: the largest number of steps. Returns a `Solution`.
    Raises ValueError for shapes that do not match, NaN or infinity, a negative strength.
    """
    check_not_negative(strength=strength)
    data, weights, blank = check_problem(operator, data, weights)
    return solve(
        operator,
        data,
        weights,
        check_image("start", start, blank),
        check_image("prior", prior, blank),
        strength=strength,
        regulariser=regulariser,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    prior: np.ndarray,
    *,
    strength: float,
    regulariser: Operator,
    tol: float,
    max_iter: int,
) -> Solution:
    """`reconstruct` of input that has been checked."""
    first = begin(start, operator, data, weights, strength, regulariser, prior)
    return stopping.run(
        lambda state: step(state, operator, weights, strength, regulariser),
        first,
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _descent(
    residual: np.ndarray,
    pull: np.ndarray,
    operator: Operator,
    weights: np.ndarray,
    strength: float,
    regulariser: Operator,
) -> np.ndarray:
    """g, minus the gradient of the objective."""
    return adjoint(operator, weights * residual) + strength * adjoint(regulariser, pull)


def _objective(residual: np.ndarray, pull: np.ndarray, weights: np.ndarray, strength: float) -> float:
    """½‖r‖²_W + ½λ‖s‖² [IP4]."""
    return 0.5 * squared_norm(np.sqrt(weights) * residual) + 0.5 * strength * squared_norm(pull)
