"""Deep Gaussian mixtures: one network for one image (Algorithm 3) and for many (Algorithm 4)."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
