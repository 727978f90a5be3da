"""Evaluation: overlap, clusterings, surfaces, and the distances behind them. See `reference.evaluation`."""

from deepmix.reference._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
