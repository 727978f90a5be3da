"""Mistakes in `inverse.duality`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the dual variables need not keep to the operator",
        "field + finite_differences.gradient(_potential(lacking - offset * back))",
        "field",
        "inverse.duality.gap/matrix_isotropic_5",
    ),
    Mistake(
        "q may be longer than the strength",
        "min(1.0, strength / longest)",
        "1.0",
        "inverse.duality.gap/matrix_anisotropic_5",
    ),
    Mistake(
        "the weights are not inverted",
        "dual / np.sqrt(np.where(weights > 0, weights, 1))",
        "dual * np.sqrt(weights)",
        "inverse.duality.gap/matrix_isotropic_5",
    ),
)
