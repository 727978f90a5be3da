"""Mixtures of Gaussians, the Markov field, fuzzy C-means; see `reference.mixtures`."""

from . import em, fcm, gaussian, gmm, hmrf, svgmm

__all__ = ["em", "fcm", "gaussian", "gmm", "hmrf", "svgmm"]
