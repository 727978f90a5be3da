"""Label maps against the truth [EV]: of one image in passing, or of many cases with all measures."""

from .matching import check_truth, relabelled, scores

__all__ = ["check_truth", "relabelled", "scores"]
