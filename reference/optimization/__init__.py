"""Optimisers and learning-rate schedules."""

from .._lazy import lazily

__all__ = ["adamw", "records", "schedules"]
__getattr__, __dir__ = lazily(__name__, __all__)
