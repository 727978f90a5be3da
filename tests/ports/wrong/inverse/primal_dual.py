"""Mistakes in `inverse.primal_dual`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "nothing is extrapolated",
        "ahead=2 * image - state.image",
        "ahead=image",
        "inverse.primal_dual.step/matrix_isotropic",
    ),
    Mistake(
        "the dual step does not know the weights",
        "dual * weights / (weights + STEP / size**2)",
        "dual / (1 + STEP / size**2)",
        "inverse.primal_dual.step/matrix_isotropic",
    ),
    Mistake(
        "the radius is not scaled with the gradient",
        "(field, strength * b)",
        "(field, strength)",
        "inverse.primal_dual.step/matrix_anisotropic",
    ),
    Mistake(
        "the unit is that of the mean weight",
        "weights.max()",
        "weights.mean()",
        "inverse.primal_dual.unit/measured",
    ),
)
