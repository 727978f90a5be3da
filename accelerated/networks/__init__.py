"""Networks: their layers with pullbacks, the U-Net, attention, and first parameters. See `reference.networks`."""

from . import attention, layers, unet

__all__ = ["attention", "layers", "unet"]
