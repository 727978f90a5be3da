"""Half-quadratic splitting [IP11].

The problem: min ½‖Ax−y‖² + λR(z) + ½μ‖x−z‖², while μ grows. The iteration: x = (A*A+μI)⁻¹(A*y+μz);
z = prox_{(λ/μ)R}(x);  μ ← growth·μ. With μ fixed it minimises ½‖Ax−y‖² + λ times R's Moreau envelope: a penalty
method, no augmented Lagrangian.
"""

import numpy as np

from . import penalties, stopping
from .checks import check_image, check_penalty, check_positive, check_problem
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, gram_solve
from .records import Operator, Penalty
from .solutions import Solution, SplitState


def begin(
    start: np.ndarray, operator: Operator, data: np.ndarray, penalty: Penalty, strength: float, coupling: float
) -> SplitState:
    """The state at a start x, with its z [IP11]. start: (*image). penalty: R. strength: λ > 0. coupling: μ > 0."""
    z = penalties.prox(penalty, start, strength / coupling)
    return _state(start, z, operator, data, penalty, strength, coupling, coupling)


def step(
    state: SplitState,
    operator: Operator,
    data: np.ndarray,
    penalty: Penalty,
    strength: float,
    growth: float = 1.1,
) -> SplitState:
    """One step [IP11]. growth: of μ, 1 or more. Other arguments as for `begin`."""
    mu = state.coupling
    x = gram_solve(operator, adjoint(operator, data) + mu * state.split, mu)
    z = penalties.prox(penalty, x, strength / mu)
    return _state(x, z, operator, data, penalty, strength, mu, growth * mu)


def reconstruct(
    operator: Operator,
    data: np.ndarray,
    penalty: Penalty,
    strength: float,
    *,
    coupling: float = 1.0,
    growth: float = 1.1,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 50,
) -> Solution:
    """The x with about the least ½‖Ax−y‖² + λR(x), by half-quadratic splitting [IP11].

    operator: A. data: y. penalty: R, such as `L1()`. strength: λ > 0. coupling: the first μ > 0. growth: of μ a
    step, 1 or more. start: (*image), A*y if not given. tol: it ends when ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖. max_iter: the
    largest number of steps. Returns a `Solution`, whose values are those of the split objective.
    Raises ValueError for shapes that do not match, NaN or infinity, numbers that are not positive,
    bounds for complex images.
    """
    check_positive(strength=strength, coupling=coupling, growth=growth)
    data, _, blank = check_problem(operator, data, None)
    check_penalty(penalty, blank)
    start = adjoint(operator, data) if start is None else start
    return solve(
        operator,
        data,
        check_image("start", start, blank),
        penalty,
        strength=strength,
        coupling=coupling,
        growth=growth,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    operator: Operator,
    data: np.ndarray,
    start: np.ndarray,
    penalty: Penalty,
    *,
    strength: float,
    coupling: float,
    growth: float,
    tol: float,
    max_iter: int,
) -> Solution:
    """`reconstruct` of input that has been checked."""
    return stopping.run(
        lambda state: step(state, operator, data, penalty, strength, growth),
        begin(start, operator, data, penalty, strength, coupling),
        stopping.little_changed(tol),
        not adjoint(operator, data).any(),
        max_iter,
    )


def _state(
    image: np.ndarray,
    split: np.ndarray,
    operator: Operator,
    data: np.ndarray,
    penalty: Penalty,
    strength: float,
    coupling: float,
    following: float,
) -> SplitState:
    misfit = 0.5 * squared_norm(forward(operator, image) - data)
    apart = 0.5 * coupling * squared_norm(image - split)
    return SplitState(
        image=image,
        value=misfit + strength * penalties.value(penalty, split) + apart,
        split=split,
        coupling=following,
    )
