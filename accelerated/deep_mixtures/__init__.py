"""Deep Gaussian mixtures: one network for one image and for many; see `reference.deep_mixtures`."""

from deepmix.reference._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
