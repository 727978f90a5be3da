"""Mistakes in `inverse.proximal_gradient`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "L is the norm, not its square",
        "norm(operator, image) ** 2 * weights.max()",
        "norm(operator, image) * weights.max()",
        "inverse.proximal_gradient.curvature/matrix",
    ),
    Mistake(
        "the threshold is λ, not λ/L",
        "strength / lipschitz)\n        projected",
        "strength)\n        projected",
        "inverse.proximal_gradient.step/first",
    ),
    Mistake(
        "momentum goes on when the objective rises",
        "goes_on = accelerate and value <= state.value",
        "goes_on = accelerate",
        "inverse.proximal_gradient.step/restart",
    ),
    Mistake(
        "a step that is too long is kept",
        "while bent > np.sqrt(lipschitz * (1 + SHARE)) * moved + rounding:",
        "while not np.isfinite(bent):",
        "inverse.proximal_gradient.step/too_long",
    ),
)
