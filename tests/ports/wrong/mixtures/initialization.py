"""Mistakes in `mixtures.initialization`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "plain k-means++, not greedy",
        "best = (left @ weights).argmin()",
        "best = 0",
        "mixtures.initialization.kmeans/diag",
    ),
)
