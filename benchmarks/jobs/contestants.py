"""The contestants of the jobs: from an image (M, *spatial) to labels (*spatial)."""

import importlib.util
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from deepmix import segment

from ..peers import atropos, dipy_hmrf
from .images import N_CLASSES


class Contestant(NamedTuple):
    """A program that labels an image. needs: the module that it needs. one_channel: whether it takes one only."""

    labels: Callable[[np.ndarray], np.ndarray]
    needs: str = "deepmix"
    one_channel: bool = False

    def missing(self) -> bool:
        """Whether the module that it needs is not installed."""
        return importlib.util.find_spec(self.needs) is None


def _own(method: str) -> Contestant:
    return Contestant(labels=lambda image: segment(image, n_components=N_CLASSES, method=method).labels)


def _by_sklearn(image: np.ndarray) -> np.ndarray:
    """scikit-learn's mixture with its defaults: full covariances, its own K-means start."""
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(N_CLASSES, random_state=0)
    return mixture.fit_predict(image.reshape(len(image), -1).T).reshape(image.shape[1:]) + 1


def _by_scikit_fuzzy(image: np.ndarray) -> np.ndarray:
    """scikit-fuzzy's fuzzy C-means, with this project's fuzzifier, tolerance and limit."""
    from skfuzzy.cluster import cmeans

    pixels = image.reshape(len(image), -1)
    pixels = (pixels - pixels.mean(axis=1, keepdims=True)) / pixels.std(axis=1, keepdims=True)
    _, memberships, *_ = cmeans(pixels, N_CLASSES, 2.0, error=1e-5, maxiter=200, seed=0)
    return memberships.argmax(axis=0).reshape(image.shape[1:]) + 1


def _by_atropos(image: np.ndarray) -> np.ndarray:
    """Atropos from K-means, a Markov field of weight 0.3, five iterations."""
    return atropos.segment(image, np.ones(image.shape[1:], bool), N_CLASSES, 0.3, iterations=5)


def _by_dipy(image: np.ndarray) -> np.ndarray:
    return dipy_hmrf.segment(image, np.ones(image.shape[1:], bool), N_CLASSES)


# By method: this project's function, which comes first, and peers that do the same.
METHODS: dict[str, dict[str, Contestant]] = {
    "gmm": {"deepmix": _own("gmm"), "scikit-learn": Contestant(labels=_by_sklearn, needs="sklearn")},
    "svgmm": {"deepmix": _own("svgmm")},
    "hmrf": {
        "deepmix": _own("hmrf"),
        "Atropos": Contestant(labels=_by_atropos, needs="ants"),
        "dipy": Contestant(labels=_by_dipy, needs="dipy", one_channel=True),
    },
    "fcm": {"deepmix": _own("fcm"), "scikit-fuzzy": Contestant(labels=_by_scikit_fuzzy, needs="skfuzzy")},
    "deepsvg": {"deepmix": _own("deepsvg")},
}
