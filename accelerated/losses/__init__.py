"""Losses where the truth is known. See `reference.losses`."""

from . import segmentation

__all__ = ["segmentation"]
