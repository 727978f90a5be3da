"""Optimisers and learning-rate schedules."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
