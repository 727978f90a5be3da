"""Mistakes in `mixtures.svgmm`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "SVGMM forgets the proportions of the pixels",
        "Mixture(proportions=responsibilities, means=found.means, covariances=found.covariances)",
        "Mixture(proportions=previous.proportions, means=found.means, covariances=found.covariances)",
        "mixtures.svgmm.m_step/diag",
    ),
)
