"""The methods: those of this project with the settings that users would take, and peers that people use."""

import importlib.util
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from deepmix import segment
from deepmix.reference.mixtures.forms import FORMS

from ..peers import atropos, dipy_hmrf
from .cache import code
from .images import Case


class Method(NamedTuple):
    """A method that labels images.

    labels: from a case and a seed to labels 1 … K inside the mask. made_of: what its results depend on, beside
    the case and the seed. random: whether they depend on the seed. needs: module that must be installed.
    one_channel: whether it takes images of one channel only. positive: whether all values must be positive.
    """

    labels: Callable[[Case, int], np.ndarray]
    made_of: Callable[[], tuple[object, ...]]
    random: bool = True
    needs: str = "deepmix"
    one_channel: bool = False
    positive: bool = False

    def takes(self, case: Case) -> bool:
        """Whether it can segment the image."""
        fits = not self.one_channel or len(case.image) == 1
        return fits and (not self.positive or bool((case.image[:, case.mask] > 0).all()))

    def missing(self) -> bool:
        """Whether the module that it needs is not installed."""
        return importlib.util.find_spec(self.needs) is None


def _own(method: str, **settings: Any) -> Method:
    """`deepmix.segment` with some settings."""

    def labels(case: Case, seed: int) -> np.ndarray:
        about: dict[str, Any] = {"n_components": case.n_components, "method": method, "seed": seed}
        about |= {"spacing": case.spacing} if settings.get("dimension") == 3 else {}
        return segment(case.image, case.mask, **about, **settings).labels

    return Method(labels=labels, made_of=lambda: (method, sorted(settings.items()), code()))


def _peer(function: Callable[..., np.ndarray], package: str, module: str, **options: Any) -> Method:
    def labels(case: Case, seed: int) -> np.ndarray:
        return function(case.image, case.mask, case.n_components, **options)

    made_of = lambda: (function.__module__, sorted(options.items()), version(package))  # noqa: E731
    return Method(
        labels=labels, made_of=made_of, random=False, needs=module, one_channel=function is dipy_hmrf.segment
    )


def _by_sklearn(case: Case, seed: int) -> np.ndarray:
    """scikit-learn's mixture with its defaults (full covariances), but the best of five starts."""
    from sklearn.mixture import GaussianMixture

    pixels = case.image[:, case.mask].T
    mixture = GaussianMixture(case.n_components, n_init=5, random_state=seed)
    labels = np.zeros(case.mask.shape, np.uint8)
    labels[case.mask] = mixture.fit_predict(pixels) + 1
    return labels


FIVE_STARTS: dict[str, Any] = {"preset": "paper", "restarts": 5}
METHODS = {
    "gmm": _own("gmm", **FIVE_STARTS),
    "gmm, robust": _own("gmm", preset="robust"),
    "svgmm": _own("svgmm", **FIVE_STARTS),
    "hmrf": _own("hmrf", **FIVE_STARTS),
    "hmrf, beta auto": _own("hmrf", beta="auto", **FIVE_STARTS),
    "hmrf, robust": _own("hmrf", preset="robust"),
    "fcm": _own("fcm", **FIVE_STARTS),
    "deepg, paper": _own("deepg", preset="paper"),
    "deepsvg, paper": _own("deepsvg", preset="paper"),
    "deepsvg, robust": _own("deepsvg", preset="robust"),
    "scikit-learn": Method(
        labels=_by_sklearn, made_of=lambda: ("sklearn, full", version("scikit-learn")), needs="sklearn"
    ),
    "Atropos, MRF 0.1": _peer(atropos.segment, "antspyx", "ants", beta=0.1),
    "Atropos, MRF 0.3": _peer(atropos.segment, "antspyx", "ants", beta=0.3),
    "dipy HMRF": _peer(dipy_hmrf.segment, "dipy", "dipy"),
}

# The field and the GMM with each distribution.
DISTRIBUTIONS = {
    f"{method}, {distribution}": _own(method, preset="robust", distribution=distribution)._replace(
        positive=FORMS[distribution].support == "positive"
    )
    for method in ("gmm", "hmrf")
    for distribution in ("gaussian", "student", "rician", "gamma", "lognormal")
} | {
    f"hmrf, student, ν {named}": _own("hmrf", preset="robust", distribution="student", degrees=degrees)
    for named, degrees in (("of each", "each"), ("= 4", 4.0))
}

# Of whole volumes: the field, a network for each slice, and one for the volume [NN3].
DIMENSIONS = {
    "hmrf": _own("hmrf", preset="robust"),
    "deepsvg, slice by slice": _own("deepsvg", preset="robust"),
    "deepsvg, dimension 3": _own("deepsvg", preset="robust", dimension=3),
}

# The preset robust of deepSVG with one part changed.
CHANGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "covariances diagonal": {"covariance_type": "diag"},
    "covariances full": {"covariance_type": "full"},
    "covariances tied": {"covariance_type": "tied"},
    "free class sizes": {"class_sizes": "free"},
    "K-means starts alone": {"initialization": "kmeans", "restarts": 8},
    "guided by a GMM": {"guide": "gmm", "total_variation": 0.5},
    "β = 1": {"beta": 1.0},
    "λ = 0": {"total_variation": 0.0},
    "λ = 0.25": {"total_variation": 0.25},
    "λ = 0.5": {"total_variation": 0.5},
    "λ = 1": {"total_variation": 1.0},
    "no warm start": {"warm_start": 0},
    "warm start alone": {"min_steps": 1, "max_steps": 1},
    "ε = 0": {"contamination": 0.0},
    "ε = 0.01": {"contamination": 1e-2},
    "M-step every 10 steps": {"m_step_every": 10},
    "NLL instead of F": {"objective": "nll", "m_step_every": 1},
    "320 steps": {"min_steps": 320, "max_steps": 320},
}
PARTS = {name: _own("deepsvg", **({"preset": "robust"} | changed)) for name, changed in CHANGES.items()}
