"""How well the network segments the watched images, as training goes on."""

import jax
import numpy as np

from deepmix import evaluation
from deepmix.accelerated import training
from deepmix.reference.types import DeepModel, Tree

from .data import Data


def scores(parameters: Tree, data: Data, model: DeepModel, named: bool) -> dict[str, float] | None:
    """Dice by true class over all pixels of the watched images; None if there is none.

    named: class k is true class k; else classes are matched over all the images at once.
    """
    if not data.watched:
        return None
    parameters = jax.tree.map(np.asarray, parameters)  # where processes share them, each has them whole
    labels = np.concatenate([_labels(parameters, item.image, item.mask, model) for item in data.watched])
    truth = np.concatenate([item.truth[item.mask] for item in data.watched])
    names = data.record["classes"] or [str(c + 1) for c in range(data.n_classes)]
    found = evaluation.scores(labels, truth, len(parameters["head"]["bias"]), named)["dice"]
    return {names[code - 1]: value for code, value in found.items()}


def _labels(parameters: Tree, image: np.ndarray, mask: np.ndarray, model: DeepModel) -> np.ndarray:
    """1 … K, of the pixels of the mask."""
    return np.asarray(training.predict(parameters, image, mask, model=model).labels)[mask] + 1
