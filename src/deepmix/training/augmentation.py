"""The augmentations of [TR]: flips, rotation, scaling, elastic deformation and noise, in one interpolation."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from .items import Item

ROTATION = np.pi  # at most, either way
SCALING = 0.7, 1.4
# What the paper leaves open, in parts of the image's side and in standard deviations of a channel.
ELASTIC = 0.02  # standard deviation of the displacement
SMOOTHNESS = 0.06  # standard deviation of the kernel that smooths it
NOISE = 0.1  # at most


class Augmentation(NamedTuple):
    """One way to change an image of h × w pixels.

    linear: (2, 2), from an offset from the new image's centre to an offset from the old image's, in pixels.
    displacement: (2, h, w), added to that. noise: (M, h, w), added to the standardised channels.
    """

    linear: np.ndarray
    displacement: np.ndarray
    noise: np.ndarray


def draw(rng: np.random.Generator, shape: tuple[int, int, int]) -> Augmentation:
    """Draw an augmentation for an image (M, h, w).

    Each flip has the probability ½, displacements are normal, all else is uniform.
    """
    flips = np.diag(rng.choice([-1.0, 1.0], 2))
    angle, scaling = rng.uniform(-ROTATION, ROTATION), np.exp(rng.uniform(*np.log(SCALING)))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    side = max(shape[1:])
    rough = rng.normal(size=(2, *shape[1:]))
    smooth = ndimage.gaussian_filter(rough, SMOOTHNESS * side, axes=(1, 2), mode="wrap")
    displacement = ELASTIC * side * smooth / smooth.std(axis=(1, 2), keepdims=True)
    return Augmentation(
        linear=flips @ rotation / scaling,
        displacement=displacement,
        noise=rng.uniform(0, NOISE) * rng.normal(size=shape),
    )


def apply(augmentation: Augmentation, item: Item) -> Item:
    """Apply an augmentation to an image, its mask and its truth.

    Channels are interpolated linearly and continued as their mirror image; mask and truth take the nearest pixel,
    and are 0 outside the image.
    """
    shape = np.array(item.mask.shape)
    centre = ((shape - 1) / 2)[:, None, None]
    offsets = np.indices(item.mask.shape) - centre
    places = np.tensordot(augmentation.linear, offsets, 1) + augmentation.displacement + centre
    image = np.stack([ndimage.map_coordinates(channel, places, order=1, mode="mirror") for channel in item.image])
    mask, truth = (
        ndimage.map_coordinates(each, places, order=0, mode="constant") for each in (item.mask, item.truth)
    )
    return Item(image=(image + augmentation.noise).astype(item.image.dtype), mask=mask, truth=truth)


def augment(item: Item, rng: np.random.Generator) -> Item:
    """Draw and apply an augmentation; the image is unchanged if less than half of its mask would remain."""
    changed = apply(draw(rng, item.image.shape), item)
    return changed if 2 * changed.mask.sum() >= item.mask.sum() else item
