"""Linear inverse problems. See `reference.inverse`."""

from deepmix.reference._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
