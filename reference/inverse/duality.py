"""The duality gap of reconstruction with total variation: a certificate of the primal–dual method [IP10].

The dual of min ½‖Ax−y‖²_W + λTV(x) is max −½‖p‖²_{1/W} − Re⟨p, y⟩ over the p, q with |q| ≤ λ and A*p + ∇*q = 0, or
for x ≥ 0 with A*p + ∇*q ≥ 0. Those of an iteration keep to it in the limit alone, and so are put right: with
r = A*p + ∇*q and d = −r, or d what r lacks to be ≥ 0, p ← p + cWA1 so that d − cA*WA1 has the mean 0, q ← q + ∇v,
∇*∇v being that; at last both by the number that keeps |q| ≤ λ and makes the dual largest.
"""

import numpy as np
from scipy import fft

from . import finite_differences, total_variation
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward
from .records import Operator
from .solutions import PrimalDualState


def gap(
    state: PrimalDualState,
    operator: Operator,
    data: np.ndarray,
    weights: np.ndarray,
    strength: float,
    size: float,
    variation: str = "isotropic",
    nonnegative: bool = False,
) -> float:
    """The objective at a state minus the dual at its dual variables, put right: value − minimum ≤ gap [IP10].

    Arguments as for `primal_dual.step`, after one step at least: the image is ≥ 0 if that is asked for.
    """
    dual, field = state.dual / size, state.field / np.sqrt(4 * state.image.ndim)
    pull = adjoint(operator, dual) + finite_differences.adjoint(field)
    seen = weights * forward(operator, np.ones_like(state.image))  # WA1
    back = adjoint(operator, seen)
    total = back.sum().real  # ‖A1‖²_W
    lacking = np.maximum(-pull, 0) if nonnegative and total > 0 else -pull
    offset = lacking.sum() / total if total > 0 else 0.0
    dual, field = dual + offset * seen, field + finite_differences.gradient(_potential(lacking - offset * back))
    longest = total_variation.LENGTHS[variation](field).max()
    inner = np.vdot(dual, data).real
    squared = squared_norm(dual / np.sqrt(np.where(weights > 0, weights, 1)))
    most = min(1.0, strength / longest) if longest > 0 else 1.0
    share = np.clip(-inner / squared, 0, most) if squared > 0 else 0.0
    return float(state.value + share * inner + 0.5 * share**2 * squared)


def _potential(source: np.ndarray) -> np.ndarray:
    """The v of mean 0 with ∇*∇v = s − mean(s), by the cosine transform. source: s (*spatial)."""
    waves = fft.dctn(source)
    curvature = sum(
        np.expand_dims(4 * np.sin(np.pi * np.arange(n) / (2 * n)) ** 2, tuple(range(1, source.ndim - axis)))
        for axis, n in enumerate(source.shape)
    )
    return fft.idctn(np.where(curvature > 0, waves / np.where(curvature > 0, curvature, 1), 0))
