"""How well the network segments the watched images, as training goes on."""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix import evaluation
from deepmix.accelerated.deep_mixtures import many_images
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.types import Tree

from .data import Data
from .items import Item


def scores(parameters: Tree, data: Data, model: DeepModel, named: bool) -> dict[str, float] | None:
    """Dice by tissue over all pixels of the watched images; None if no image is watched.

    named: class k is tissue k; else classes are matched over all the images at once [EV2].
    """
    if not any(item.truth.any() for item in data.watched):
        return None
    parameters = jax.device_put(jax.tree.map(np.asarray, parameters))  # from all devices to one
    labels = np.concatenate([_labels(parameters, item, model) for item in data.watched])
    truth = np.concatenate([item.truth[item.mask] for item in data.watched])
    found = evaluation.scores(labels, truth, len(parameters["head"]["bias"]), named)["dice"]
    return {tissue(data.record, number): dice for number, dice in found.items()}


def _labels(parameters: Tree, item: Item, model: DeepModel) -> np.ndarray:
    """The labels 1 … K of the pixels inside the mask."""
    found = many_images.predict(parameters, jnp.asarray(item.image), jnp.asarray(item.mask), model=model)
    return np.asarray(found.labels)[item.mask] + 1


def tissue(record: dict, number: int) -> str:
    """The name of a true class 1, 2, …, or its number if the data's layout gives no names."""
    return list(record["codes"])[number - 1] if record["codes"] else str(number)
