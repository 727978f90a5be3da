"""Mistakes in `mixtures.families`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the floor of log-normal classes is that of the pixels",
        "gaussian.variance_floor(FAMILIES[family].coordinates(pixels), weights)",
        "gaussian.variance_floor(pixels, weights)",
        "mixtures.families.floor/lognormal",
    ),
    Mistake(
        "noise that is shared is of each class",
        '"rician": _rician("shared")',
        '"rician": _rician("each")',
        "mixtures.gmm.m_step/rician",
    ),
)
