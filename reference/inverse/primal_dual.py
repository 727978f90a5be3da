"""Primal–dual reconstruction with total variation [IP10] (Chambolle, Pock 2011).

The problem: min ½‖Ax−y‖²_W + λTV(x), if asked for over x ≥ 0. With a = ‖A‖, b = √(4·dims) and τ = σ = 0.99/√2,
the iteration: p ← (p+σ(Ax̄−y)/a)/(1+σ/(a²W));  q ← proj_{|q|≤λb}(q+σ∇x̄/b);  x⁺ = proj(x−τ(A*p/a+∇*q/b));
x̄ = 2x⁺−x. W and λ are divided by a unit first, so that |q| ≤ λb is a third of about how far x goes: steps then
depend neither on units nor on how large the weights are.
"""

import numpy as np

from ..checks import check_choice
from . import duality, finite_differences, stopping, total_variation
from .checks import check_image, check_positive, check_problem, check_real
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm, says_nothing
from .records import Operator
from .solutions import PrimalDualState, Solution
from .total_variation import PROJECTIONS, VARIATIONS

STEP = 0.99 / np.sqrt(2)  # τ = σ: τσ‖(A/a, ∇/b)‖² ≤ 2τσ < 1
# λb as a part of how far the image goes: that of the fewest steps, for strengths of 3e-4 to 2e-2 of max|A*Wy|, few
# views and many, line integrals and 10³ to 10⁵ photons, Fourier samples too.
REACH = 0.3


def unit(operator: Operator, data: np.ndarray, weights: np.ndarray, strength: float, size: float) -> float:
    """What W and λ are divided by: u with λb/u = REACH·max|A*Wy|/(a² max W), the image being about that [IP10].

    Arguments as for `step`. 1 where nothing was measured.
    """
    pull = adjoint(operator, weights * data)
    farthest = np.abs(pull).max()
    most = strength * np.sqrt(4 * pull.ndim) * size**2 * weights.max() / REACH
    return float(most / farthest) if farthest else 1.0


def begin(
    start: np.ndarray,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    strength: float,
    variation: str = "isotropic",
) -> PrimalDualState:
    """The state at a start, whose dual variables are 0 [IP10].

    start: x (*image). weights: W of the data. strength: λ > 0. variation: "isotropic" or "anisotropic".
    """
    projected = forward(operator, start)
    return PrimalDualState(
        image=start,
        value=_objective(start, projected, data, weights, strength, variation),
        projected=projected,
        ahead=start,
        projected_ahead=projected,
        dual=np.zeros_like(data),
        field=np.zeros((start.ndim, *start.shape), start.dtype),
    )


def step(
    state: PrimalDualState,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    strength: float,
    size: float,
    variation: str = "isotropic",
    nonnegative: bool = False,
) -> PrimalDualState:
    """One step [IP10]. size: a = ‖A‖. nonnegative: whether x ≥ 0. Other arguments as for `begin`."""
    b = np.sqrt(4 * state.image.ndim)
    dual = state.dual + STEP * (state.projected_ahead - data) / size
    dual = dual * weights / (weights + STEP / size**2)  # 1/(1+σ/(a²W)), also for W = 0
    field = state.field + STEP * finite_differences.gradient(state.ahead) / b
    field = PROJECTIONS[variation](field, strength * b)
    descent = adjoint(operator, dual) / size + finite_differences.adjoint(field) / b
    image = state.image - STEP * descent
    image = np.maximum(image, 0) if nonnegative else image
    projected = forward(operator, image)
    return PrimalDualState(
        image=image,
        value=_objective(image, projected, data, weights, strength, variation),
        projected=projected,
        ahead=2 * image - state.image,
        projected_ahead=2 * projected - state.projected,
        dual=dual,
        field=field,
    )


def reconstruct(
    operator: Operator,
    data: np.ndarray,
    strength: float,
    weights: np.ndarray | None = None,
    *,
    variation: str = "isotropic",
    nonnegative: bool = False,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 300,
) -> Solution:
    """The x with the least ½‖Ax−y‖²_W + λTV(x), by the primal–dual method [IP10].

    operator: A. data: y. strength: λ > 0. weights: W ≥ 0 of the data, 1 if not given. variation: "isotropic" or
    "anisotropic". nonnegative: over x ≥ 0, of real images. start: (*image), 0 if not given. tol: it ends when
    ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖. max_iter: the largest number of steps.

    Returns a `Solution`, with the gap of `duality`.
    Raises ValueError for shapes that do not match, NaN or infinity, a strength that is not positive, an unknown
    variation, complex images that cannot be ≥ 0.
    """
    check_choice("variation", variation, VARIATIONS)
    check_positive(strength=strength)
    data, weights, blank = check_problem(operator, data, weights)
    check_real(nonnegative, blank)
    return solve(
        operator,
        data,
        weights,
        check_image("start", start, blank),
        strength=strength,
        variation=variation,
        nonnegative=nonnegative,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    *,
    strength: float,
    variation: str,
    nonnegative: bool,
    tol: float,
    max_iter: int,
) -> Solution:
    """`reconstruct` of input that has been checked."""
    degenerate, size = says_nothing(operator, data, weights), norm(operator, start) or 1.0
    u = unit(operator, data, weights, strength, size)
    posed = operator, data, weights / u, strength / u
    ended = stopping.loop(
        lambda state: step(state, *posed, size, variation, nonnegative),
        begin(start, *posed, variation),
        stopping.little_changed(tol),
        max_iter,
    )
    return Solution(
        value=u * ended.state.value,
        history=u * ended.history,
        status=ended.status,
        degenerate=np.asarray(degenerate),
        image=ended.state.image,
        iterations=ended.iterations,
        gap=u * duality.gap(ended.state, *posed, size, variation, nonnegative),
    )


def _objective(
    image: np.ndarray,
    projected: np.ndarray,
    data: np.ndarray,
    weights: np.ndarray,
    strength: float,
    variation: str,
) -> float:
    misfit = 0.5 * squared_norm(np.sqrt(weights) * (projected - data))
    return misfit + strength * total_variation.value(image, variation)
