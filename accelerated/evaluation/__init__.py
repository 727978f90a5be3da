"""Evaluation: overlap, clusterings, surfaces, and the distances behind them. See `reference.evaluation`."""

from . import clusterings, distances, overlap, surfaces

__all__ = ["clusterings", "distances", "overlap", "surfaces"]
