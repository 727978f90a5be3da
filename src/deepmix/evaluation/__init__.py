"""Label maps against the truth [EV]: Dice for one image, or all measures for many cases."""

from .matching import check_truth, relabelled, scores

__all__ = ["check_truth", "relabelled", "scores"]
