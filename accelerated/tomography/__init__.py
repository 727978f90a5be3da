"""Computed tomography in JAX; see `reference.tomography`."""

from deepmix.reference._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
