"""Optimisers and learning-rate schedules. See `reference.optimization`."""

from . import adamw, schedules

__all__ = ["adamw", "schedules"]
