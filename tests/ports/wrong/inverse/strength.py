"""Mistakes in `inverse.strength`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the noise of all data together",
        "len(data) * noise",
        "noise",
        "inverse.strength.discrepancy/met",
    ),
    Mistake(
        "the trace is not squared",
        "_share(sigma, strength).sum(axis=-1)) ** 2",
        "_share(sigma, strength).sum(axis=-1))",
        "inverse.strength.cross_validation/tall",
    ),
)
