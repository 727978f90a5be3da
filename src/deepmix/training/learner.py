"""What is trained, from the settings and the data: the loss, the first parameters, and how images are changed."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.accelerated.deep_mixtures import regularizers
from deepmix.reference.deep_mixtures.records import TrainingModel
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from . import patches, symmetries
from .augmentation import augment
from .data import Data
from .pipeline import Change
from .settings import TrainSettings


def changes(settings: TrainSettings, found: Data) -> list[Change]:
    """What is drawn anew for an image each time that it is seen."""
    if settings.data.dimension == 2:
        return [augment] if settings.data.augment else []
    size, spacing = found.record["size"], found.record["spacing"]
    turn = partial(symmetries.changed, orders=symmetries.orders(size, spacing))
    return [partial(patches.drawn, size=size), *([turn] if settings.data.augment else [])]


def model(settings: TrainSettings, found: Data) -> TrainingModel:
    """What Algorithm 4 minimises."""
    of_image, of_batch = [], []
    if settings.loss.total_variation:
        smooth = partial(regularizers.total_variation, spacing=found.record["spacing"])
        of_image.append((smooth, settings.loss.total_variation))
    if found.means is not None:
        means = jnp.asarray(found.means, settings.dtype)
        if settings.prior.mean_prior:
            of_image.append((partial(regularizers.mean_prior, means=means), settings.prior.mean_prior))
        if settings.prior.mean_prior_of_batch:
            of_batch.append(
                (partial(regularizers.mean_prior_of_batch, means=means), settings.prior.mean_prior_of_batch)
            )
    return settings.model(_unet(settings, found), tuple(of_image), tuple(of_batch))


def parameters(settings: TrainSettings, found: Data) -> Tree:
    """θ before the first step."""
    drawn = unet_parameters(
        len(found.record["channels"]), settings.n_components, _unet(settings, found), seed=settings.seed
    )
    return jax.tree.map(lambda leaf: leaf.astype(settings.dtype), drawn)


def _unet(settings: TrainSettings, found: Data) -> UNetConfig:
    return settings.unet(found.record["spacing"], found.record["size"])
