"""Mistakes in `inverse.total_variation`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the step does not know the number of axes",
        "(4 * image.ndim * strength)",
        "(8 * strength)",
        "inverse.total_variation.denoise/isotropic_volume",
    ),
    Mistake(
        "momentum by the new t",
        "(state.momentum - 1) / momentum * ",
        "(momentum - 1) / momentum * ",
        "inverse.total_variation.step/isotropic_later",
    ),
    Mistake(
        "the gap without λ",
        "gap=strength * (rough",
        "gap=(rough",
        "inverse.total_variation.begin/isotropic",
    ),
)
