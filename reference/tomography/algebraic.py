"""SIRT, the simultaneous iterative reconstruction technique [CT11].

The problem: min ½‖y − Ax‖²_R, if asked for over x ≥ 0, for A ≥ 0. With R = W/A1 and C = 1/A*W, 0 where they would
divide by 0, the iteration: x⁺ = x + ωCA*R(y − Ax), 0 < ω < 2. CA*RA has the row sums 1: the misfit never grows.
"""

import numpy as np

from ..inverse import stopping
from ..inverse.checks import check_image, check_problem, check_real
from ..inverse.conjugate_gradients import squared_norm
from ..inverse.operators import adjoint, forward, says_nothing
from ..inverse.records import Operator, Solution
from . import radon  # noqa: F401  (what the operator `Radon` does)
from .checks import check_relaxation
from .records import SirtState


def begin(start: np.ndarray, operator: Operator, data: np.ndarray, weights: np.ndarray) -> SirtState:
    """The state at a start [CT11]. start: x (*image). operator: A ≥ 0. data: y. weights: W ≥ 0 of the data."""
    lengths = forward(operator, np.ones_like(start))
    of_rays = np.where(lengths > 0, weights / np.where(lengths > 0, lengths, 1), 0)
    shares = adjoint(operator, np.where(lengths > 0, weights, 0))
    residual = data - forward(operator, start)
    return SirtState(
        image=start,
        value=_objective(residual, of_rays),
        residual=residual,
        of_rays=of_rays,
        of_pixels=np.where(shares > 0, 1 / np.where(shares > 0, shares, 1), 0),
    )


def step(
    state: SirtState, operator: Operator, data: np.ndarray, relaxation: float = 1.0, nonnegative: bool = False
) -> SirtState:
    """One step [CT11]. relaxation: ω. nonnegative: whether x ≥ 0. Other arguments as for `begin`."""
    image = state.image + relaxation * state.of_pixels * adjoint(operator, state.of_rays * state.residual)
    image = np.maximum(image, 0) if nonnegative else image
    residual = data - forward(operator, image)
    return state._replace(image=image, value=_objective(residual, state.of_rays), residual=residual)


def reconstruct(
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    relaxation: float = 1.0,
    nonnegative: bool = False,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """The image by SIRT [CT11].

    operator: A without negative entries, such as `Radon`. data: y, such as a sinogram. weights: W ≥ 0 of the
    data, 1 if not given. relaxation: ω, between 0 and 2. nonnegative: over x ≥ 0. start: (*image), 0 if not
    given. tol: it ends when ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖. max_iter: the largest number of steps. Returns a `Solution`.
    Raises ValueError for shapes that do not match, NaN or infinity, a relaxation out of its range.
    """
    check_relaxation(relaxation)
    data, weights, blank = check_problem(operator, data, weights)
    check_real(True, blank)
    return solve(
        operator,
        data,
        weights,
        check_image("start", start, blank),
        relaxation=relaxation,
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
    relaxation: float,
    nonnegative: bool,
    tol: float,
    max_iter: int,
) -> Solution:
    """`reconstruct` of input that has been checked."""
    return stopping.run(
        lambda state: step(state, operator, data, relaxation, nonnegative),
        begin(start, operator, data, weights),
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _objective(residual: np.ndarray, of_rays: np.ndarray) -> float:
    """½‖y − Ax‖²_R."""
    return 0.5 * squared_norm(np.sqrt(of_rays) * residual)
