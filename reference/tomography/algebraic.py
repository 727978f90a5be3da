"""SIRT, the simultaneous iterative reconstruction technique [CT11].

The problem: min ½‖y − Ax‖²_R, if asked for over x ≥ 0, A being `radon.project`. With R = W/A1 and C = 1/A*W, 0
where they would
divide by 0, the iteration: x⁺ = x + ωCA*R(y − Ax), 0 < ω < 2. CA*RA has the row sums 1: the misfit never grows.
"""

import numpy as np

from ..inverse import stopping
from ..inverse.checks import check_image, check_problem, check_real
from ..inverse.conjugate_gradients import squared_norm
from ..inverse.operators import says_nothing
from ..inverse.solutions import Solution
from .checks import check_relaxation
from .radon import project, project_back
from .records import Radon, ScanGeometry, SirtState


def begin(start: np.ndarray, sinogram: np.ndarray, geometry: ScanGeometry, weights: np.ndarray) -> SirtState:
    """The state at a start [CT11]. start: x (H, W). sinogram: y (n, D). weights: W ≥ 0 (n, D)."""
    lengths = project(np.ones_like(start), geometry)
    of_rays = np.where(lengths > 0, weights / np.where(lengths > 0, lengths, 1), 0)
    shares = project_back(np.where(lengths > 0, weights, 0), geometry)
    residual = sinogram - project(start, geometry)
    return SirtState(
        image=start,
        value=_objective(residual, of_rays),
        residual=residual,
        of_rays=of_rays,
        of_pixels=np.where(shares > 0, 1 / np.where(shares > 0, shares, 1), 0),
    )


def step(
    state: SirtState,
    sinogram: np.ndarray,
    geometry: ScanGeometry,
    relaxation: float = 1.0,
    nonnegative: bool = False,
) -> SirtState:
    """One step [CT11]. relaxation: ω. nonnegative: whether x ≥ 0. Other arguments as for `begin`."""
    image = state.image + relaxation * state.of_pixels * project_back(state.of_rays * state.residual, geometry)
    image = np.maximum(image, 0) if nonnegative else image
    residual = sinogram - project(image, geometry)
    return state._replace(image=image, value=_objective(residual, state.of_rays), residual=residual)


def reconstruct(
    sinogram: np.ndarray,
    geometry: ScanGeometry,
    weights: np.ndarray | None = None,
    *,
    relaxation: float = 1.0,
    nonnegative: bool = False,
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """The image by SIRT [CT11].

    sinogram: y (n, D). weights: W ≥ 0 (n, D), such as those of `xray.line_integrals`, 1 if not given. relaxation:
    ω, between 0 and 2. nonnegative: over x ≥ 0. start: (H, W), 0 if not given. tol: it ends when
    ‖x_k−x_{k−1}‖ ≤ tol‖x_k‖. max_iter: the largest number of steps. Returns a `Solution`.
    Raises ValueError for shapes that do not match, NaN or infinity, a relaxation out of its range.
    """
    check_relaxation(relaxation)
    sinogram, weights, blank = check_problem(Radon(geometry=geometry), sinogram, weights)
    check_real(True, blank)
    return solve(
        sinogram,
        geometry,
        weights,
        check_image("start", start, blank),
        relaxation=relaxation,
        nonnegative=nonnegative,
        tol=tol,
        max_iter=max_iter,
    )


def solve(
    sinogram: np.ndarray,
    geometry: ScanGeometry,
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
        lambda state: step(state, sinogram, geometry, relaxation, nonnegative),
        begin(start, sinogram, geometry, weights),
        stopping.little_changed(tol),
        says_nothing(Radon(geometry=geometry), sinogram, weights),
        max_iter,
    )


def _objective(residual: np.ndarray, of_rays: np.ndarray) -> float:
    """½‖y − Ax‖²_R."""
    return 0.5 * squared_norm(np.sqrt(of_rays) * residual)
