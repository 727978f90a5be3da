"""Mistakes in `optimization.schedules`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the learning rate falls linearly",
        "(1 - epoch / n_epochs) ** 0.9",
        "(1 - epoch / n_epochs)",
        "optimization.schedules.polynomial_decay/middle",
    ),
)
