"""Networks: their layers with pullbacks, the U-Net, attention, and first parameters."""

from .._lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__, __path__)
