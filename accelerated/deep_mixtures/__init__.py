"""Deep Gaussian mixtures: one network for one image and for many; see `reference.deep_mixtures`."""

from . import many_images, objectives, one_image, regularizers

__all__ = ["many_images", "objectives", "one_image", "regularizers"]
