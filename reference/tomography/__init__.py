"""Computed tomography: measuring with X-rays, projections and their adjoint, and images from them."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
