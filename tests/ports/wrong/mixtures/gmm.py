"""Mistakes in `mixtures.gmm`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "proportions of the M-step are equal",
        "np.where(found.degenerate, 0, found.counts / weights.sum())",
        "np.full(len(found.counts), 1 / len(found.counts))",
        "mixtures.gmm.m_step/diag",
    ),
)
