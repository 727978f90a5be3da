"""Mixtures of Gaussians, the Markov field, fuzzy C-means; see `reference.mixtures`."""

from . import covariances, em, fcm, gaussian, gmm, hmrf, svgmm

__all__ = ["covariances", "em", "fcm", "gaussian", "gmm", "hmrf", "svgmm"]
