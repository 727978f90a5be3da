"""Deep Gaussian mixtures: one network for one image (Algorithm 3) and for many (Algorithm 4)."""

from .._lazy import lazily

__all__ = ["checks", "many_images", "objectives", "one_image", "records", "regularizers"]
__getattr__, __dir__ = lazily(__name__, __all__)
