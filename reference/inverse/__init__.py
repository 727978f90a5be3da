"""Linear inverse problems: operators, least squares, regularisers and their solvers, what the noise allows."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
