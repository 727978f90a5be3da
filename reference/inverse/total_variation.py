"""Total variation [IP6] and the image that it makes of a noisy one, with a certificate [IP9].

The problem: min ½‖x−v‖² + λTV(x), solved by its dual max −½‖v−λ∇*p‖² over |p| ≤ 1, with x = v − λ∇*p. The
iteration: p⁺ = proj_{|p|≤1}(q + ∇(v−λ∇*q)/(4·dims·λ));  t⁺ = (1+√(1+4t²))/2;  q = p⁺ + ((t−1)/t⁺)(p⁺−p).
"""

from collections.abc import Callable

import numpy as np

from ..checks import check_choice, plain
from . import finite_differences, stopping
from .checks import check_finite, check_image, check_positive
from .conjugate_gradients import squared_norm
from .proximal import project_balls, project_discs
from .solutions import Solution, VariationState

# What |∇x| is at a pixel: the length of the vector, or every difference for itself.
LENGTHS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "isotropic": lambda field: np.sqrt((np.abs(field) ** 2).sum(axis=0)),
    "anisotropic": np.abs,
}
PROJECTIONS = {"isotropic": project_balls, "anisotropic": project_discs}
VARIATIONS = tuple(LENGTHS)


def value(image: np.ndarray, variation: str = "isotropic", eps: float = 0.0) -> float:
    """TV(x) = Σ√(|∇x|²+ε²) [IP6].

    image: (*spatial), real or complex. variation: "isotropic", |∇x| the length over the axes, or "anisotropic",
    every difference for itself. eps: ε ≥ 0.
    """
    return float(_length(finite_differences.gradient(image), variation, eps).sum())


def gradient(image: np.ndarray, variation: str = "isotropic", eps: float = 0.0) -> np.ndarray:
    """∇*(∇x/√(|∇x|²+ε²)), with 0/0 = 0: the gradient of TV, 0 where x is flat [IP6]. Arguments as for `value`."""
    field = finite_differences.gradient(image)
    size = _length(field, variation, eps)
    return finite_differences.adjoint(field * np.where(size > 0, 1 / np.where(size > 0, size, 1), 0))


def begin(start: np.ndarray, image: np.ndarray, strength: float, variation: str) -> VariationState:
    """The state at a dual start [IP9]. start: p (axes, *spatial). image: v. strength: λ > 0."""
    return _state(start, start, 1.0, image, strength, variation)


def step(state: VariationState, image: np.ndarray, strength: float, variation: str) -> VariationState:
    """One step of FISTA on the dual [IP9]. image: v. strength: λ > 0."""
    steep = finite_differences.gradient(image - strength * finite_differences.adjoint(state.ahead))
    moved = state.ahead + steep / (4 * image.ndim * strength)
    dual = PROJECTIONS[variation](moved, 1.0)
    momentum = (1 + np.sqrt(1 + 4 * state.momentum**2)) / 2
    ahead = dual + (state.momentum - 1) / momentum * (dual - state.dual)
    return _state(dual, ahead, momentum, image, strength, variation)


def denoise(
    image: np.ndarray,
    strength: float,
    *,
    variation: str = "isotropic",
    start: np.ndarray | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """The x with the least ½‖x−v‖² + λTV(x), which is prox_{λTV}(v) [IP9].

    image: v (*spatial), real or complex. strength: λ > 0, in the unit of the image. variation: "isotropic" or
    "anisotropic". start: p (axes, *spatial), 0 if not given. tol: it ends when the gap is at most tol·½‖v‖².
    max_iter: the largest number of steps. Returns a `Solution` with a gap: ½‖x−x*‖² ≤ gap.
    Raises ValueError for NaN or infinity, a strength that is not positive, an unknown variation.
    """
    check_choice("variation", variation, VARIATIONS)
    check_positive(strength=strength)
    image = plain(image)
    image = image.astype(np.result_type(image.dtype, float))
    check_finite("image", image)
    field = check_image("start", start, np.zeros((image.ndim, *image.shape), image.dtype))
    return solve(image, field, strength=strength, variation=variation, tol=tol, max_iter=max_iter)


def solve(
    image: np.ndarray, start: np.ndarray, *, strength: float, variation: str, tol: float, max_iter: int
) -> Solution:
    """`denoise` of input that has been checked."""
    enough = tol * 0.5 * squared_norm(image)
    return stopping.run(
        lambda state: step(state, image, strength, variation),
        begin(start, image, strength, variation),
        lambda before, after: after.gap <= enough,
        not image.any(),
        max_iter,
    )


def _length(field: np.ndarray, variation: str, eps: float) -> np.ndarray:
    size = LENGTHS[variation](field)
    return np.sqrt(size**2 + eps**2) if eps else size


def _state(
    dual: np.ndarray, ahead: np.ndarray, momentum: float, image: np.ndarray, strength: float, variation: str
) -> VariationState:
    """With x, its objective and its gap λ(TV(x) − ⟨∇x, p⟩) [IP9]."""
    x = image - strength * finite_differences.adjoint(dual)
    field = finite_differences.gradient(x)
    rough = _length(field, variation, 0.0).sum()
    return VariationState(
        image=x,
        value=0.5 * squared_norm(x - image) + strength * rough,
        gap=strength * (rough - np.vdot(field, dual).real),
        dual=dual,
        ahead=ahead,
        momentum=momentum,
    )
