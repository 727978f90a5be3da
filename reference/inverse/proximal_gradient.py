"""Proximal gradient and FISTA [IP8].

The problem: min F(x) = ½‖Ax−y‖²_W + λR(x). The iteration: x⁺ = prox_{λR/L}(z − A*W(Az−y)/L), with z = x, or with
momentum z = x_k + ((t_{k−1}−1)/t_k)(x_k − x_{k−1}), t⁺ = (1+√(1+4t²))/2, from t = 1 again when F rises. A step
with ‖A(x⁺−z)‖²_W > L‖x⁺−z‖² breaks the quadratic bound: L is doubled, and it is taken anew.
"""

import numpy as np

from . import penalties, stopping
from .checks import check_allowed, check_image, check_penalty, check_positive, check_problem
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm, says_nothing
from .records import Operator, Penalty
from .solutions import ProximalState, Solution

# How far rounding may break the quadratic bound: a share of L, and so many eps of ‖Az‖.
SHARE, ROUNDINGS = 1e-3, 64


def begin(
    start: np.ndarray,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    penalty: Penalty,
    strength: float,
    lipschitz: float,
) -> ProximalState:
    """The state at a start [IP8].

    start: x (*image). weights: W of the data. penalty: R. strength: λ > 0. lipschitz: L, about ‖A‖² max W.
    """
    projected = forward(operator, start)
    return ProximalState(
        image=start,
        value=_objective(projected, start, data, weights, penalty, strength),
        projected=projected,
        ahead=start,
        projected_ahead=projected,
        momentum=1.0,
        lipschitz=lipschitz,
    )


def step(
    state: ProximalState,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    penalty: Penalty,
    strength: float,
    accelerate: bool = True,
) -> ProximalState:
    """One step [IP8]. accelerate: FISTA, else z = x. Other arguments as for `begin`."""
    z, projected_z = state.ahead, state.projected_ahead
    slope = adjoint(operator, weights * (projected_z - data))
    rounding = ROUNDINGS * np.finfo(weights.dtype).eps * _length(projected_z, weights)
    lipschitz = state.lipschitz / 2
    bent, moved = np.inf, 0.0
    while bent > np.sqrt(lipschitz * (1 + SHARE)) * moved + rounding:
        lipschitz = 2 * lipschitz
        image = penalties.prox(penalty, z - slope / lipschitz, strength / lipschitz)
        projected = forward(operator, image)
        bent, moved = _length(projected - projected_z, weights), np.sqrt(squared_norm(image - z))
    value = _objective(projected, image, data, weights, penalty, strength)
    momentum = (1 + np.sqrt(1 + 4 * state.momentum**2)) / 2
    goes_on = accelerate and value <= state.value
    share = (state.momentum - 1) / momentum if goes_on else 0.0
    return ProximalState(
        image=image,
        value=value,
        projected=projected,
        ahead=image + share * (image - state.image),
        projected_ahead=projected + share * (projected - state.projected),
        momentum=momentum if goes_on else 1.0,
        lipschitz=lipschitz,
    )


def reconstruct(
    operator: Operator,
    data: np.ndarray,
    penalty: Penalty,
    strength: float,
    weights: np.ndarray | None = None,
    *,
    accelerate: bool = True,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """The x with the least ½‖Ax−y‖²_W + λR(x), by FISTA or the proximal gradient method (with L1: ISTA) [IP8].

    operator: A. data: y. penalty: R, such as `L1()`. strength: λ > 0. weights: W ≥ 0 of the data, 1 if not given.
    accelerate: FISTA. start: (*image), the step from 0 if not given. tol: it ends when ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖.
    max_iter: the largest number of steps. Returns a `Solution`.
    Raises ValueError for shapes that do not match, NaN or infinity, a strength that is not positive, a start
    outside of the bounds, bounds for complex images.
    """
    check_positive(strength=strength)
    data, weights, blank = check_problem(operator, data, weights)
    check_penalty(penalty, blank)
    lipschitz = curvature(operator, weights, blank)
    if start is None:
        start = penalties.prox(penalty, adjoint(operator, weights * data) / lipschitz, strength / lipschitz)
    start = check_image("start", start, blank)
    check_allowed(penalties.value(penalty, start))
    return solve(
        operator,
        data,
        weights,
        start,
        penalty,
        strength=strength,
        lipschitz=lipschitz,
        accelerate=accelerate,
        tol=tol,
        max_iter=max_iter,
    )


def curvature(operator: Operator, weights: np.ndarray, image: np.ndarray) -> float:
    """L = ‖A‖² max W [IP8], 1 if that is 0. weights: W of the data. image: of which only shape and dtype count."""
    found = norm(operator, image) ** 2 * weights.max()
    return float(found) if found > 0 else 1.0


def solve(
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    penalty: Penalty,
    *,
    strength: float,
    lipschitz: float,
    accelerate: bool,
    tol: float,
    max_iter: int,
) -> Solution:
    """`reconstruct` of input that has been checked."""
    return stopping.run(
        lambda state: step(state, operator, data, weights, penalty, strength, accelerate),
        begin(start, operator, data, weights, penalty, strength, lipschitz),
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _length(array: np.ndarray, weights: np.ndarray) -> float:
    """‖·‖_W."""
    return float(np.sqrt(squared_norm(np.sqrt(weights) * array)))


def _objective(
    projected: np.ndarray,
    image: np.ndarray,
    data: np.ndarray,
    weights: np.ndarray,
    penalty: Penalty,
    strength: float,
) -> float:
    """F = ½‖Ax−y‖²_W + λR(x)."""
    misfit = 0.5 * squared_norm(np.sqrt(weights) * (projected - data))
    return misfit + strength * penalties.value(penalty, image)
