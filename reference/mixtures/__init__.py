"""Mixtures of Gaussians: EM, the spatially variant mixture, the Markov field, fuzzy C-means, and their starts."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
