"""Evaluation: overlap, clusterings, surfaces, and the distances behind them."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
