"""How well the network segments the watched images, as training goes on."""

import jax
import numpy as np

from deepmix import evaluation
from deepmix.accelerated import training
from deepmix.reference.types import DeepModel, Tree

from .data import Data


def scores(parameters: Tree, data: Data, model: DeepModel, named: bool) -> dict[str, float] | None:
    """Dice by tissue over all pixels of the watched images; None if there is none.

    named: class k is tissue k; else classes are matched over all the images at once [EV2].
    """
    if not any(item.truth.any() for item in data.watched):
        return None
    parameters = jax.device_put(jax.tree.map(np.asarray, parameters))  # from all devices to one
    labels = np.concatenate(
        [
            np.asarray(training.predict(parameters, item.image, item.mask, model=model).labels)[item.mask] + 1
            for item in data.watched
        ]
    )
    truth = np.concatenate([item.truth[item.mask] for item in data.watched])
    found = evaluation.scores(labels, truth, len(parameters["head"]["bias"]), named)["dice"]
    return {tissue(data.record, number): dice for number, dice in found.items()}


def tissue(record: dict, number: int) -> str:
    """The name of a true class 1, 2, …; its number where the data's layout names none."""
    return list(record["codes"])[number - 1] if record["codes"] else str(number)
