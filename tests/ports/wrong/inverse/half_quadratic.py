"""Mistakes in `inverse.half_quadratic`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the threshold is λμ",
        "penalties.prox(penalty, x, strength / mu)",
        "penalties.prox(penalty, x, strength * mu)",
        "inverse.half_quadratic.step/fourier_l1",
    ),
    Mistake(
        "the coupling stays",
        "strength, mu, growth * mu)",
        "strength, mu, mu)",
        "inverse.half_quadratic.step/fourier_l1",
    ),
)
