"""From cases to the input of the network: standardised crops or volumes, with mask and truth."""

from typing import NamedTuple

import numpy as np

from deepmix.datasets import LoadedCase
from deepmix.reference.deep_mixtures.checks import check_image
from deepmix.reference.networks.records import UNetConfig
from deepmix.segmentation import outliers, preparation


class Item(NamedTuple):
    """An image for the network.

    image: (M, *spatial) float32, standardised. mask: (*spatial) bool. truth: (*spatial) int32, 0 where unknown.
    """

    image: np.ndarray
    mask: np.ndarray
    truth: np.ndarray


def prepared(loaded: LoadedCase, standardize: str, labelled: bool = True) -> Item:
    """Standardise a loaded image. labelled: whether its truth may be used.

    Pixels that the crop adds round the image become 0, and pixels outside the mask that are not finite become the
    channel's mean.
    """
    outliers.warn(loaded.image, loaded.mask, remedy="")
    scale = preparation.scale(loaded.image, loaded.mask, standardize)
    within = loaded.crop.take(np.ones(loaded.crop.shape, bool))
    any_size = UNetConfig(depth=0, spacing=(1.0,) * loaded.mask.ndim)
    image, _ = check_image(
        np.where(within, scale.apply(loaded.image), 0).astype(np.float32), loaded.mask, 1, any_size
    )
    truth = loaded.labels if labelled and loaded.labels is not None else np.zeros(loaded.mask.shape)
    return Item(image=image, mask=loaded.mask, truth=np.where(loaded.mask, truth, 0).astype(np.int32))


def mean_prior(items: list[Item], n_components: int) -> np.ndarray:
    """μ_data (K, M): for each class its mean in an image, averaged over the images that show it.

    Raises ValueError if no image shows a class.
    """
    means = np.full((len(items), n_components, len(items[0].image)), np.nan)
    for of_item, item in zip(means, items, strict=True):
        for k in range(n_components):
            if (inside := item.truth == k + 1).any():
                of_item[k] = item.image[:, inside].mean(axis=1, dtype=float)
    if missing := [str(k + 1) for k in np.flatnonzero(np.isnan(means).all(axis=(0, 2)))]:
        raise ValueError(
            f"no labelled training case shows class {', '.join(missing)}, whose mean is to be estimated; "
            "take more of them with --prior-cases, or give the means in a file"
        )
    return np.nanmean(means, axis=0)
