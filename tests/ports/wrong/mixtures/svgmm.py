"""Mistakes in `mixtures.svgmm`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "SVGMM forgets the proportions of the pixels",
        "following._replace(proportions=responsibilities)",
        "following._replace(proportions=previous.proportions)",
        "mixtures.svgmm.m_step/diag",
    ),
)
