"""Mistakes in `mixtures.poisson`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the factorial is left out, as it is no matter to the classes",
        "mixture.rates.sum(axis=1)[:, None] - alone",
        "mixture.rates.sum(axis=1)[:, None]",
        "mixtures.poisson.log_density/diag",
    ),
)
