"""Algorithm 3 as an estimator on images; new images go through the network that was fitted."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from deepmix.backends import opened
from deepmix.reference.checks import check_choice
from deepmix.reference.deep_mixtures.records import LABEL_RULES, DeepFit, Prediction
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Tree
from deepmix.segmentation.groups import MixtureSettings, ModelSettings, NetworkSettings, OptimizationSettings
from deepmix.segmentation.model import first_parameters, regularizers
from deepmix.segmentation.order import order_of
from deepmix.segmentation.preparation import Job, prepare
from deepmix.segmentation.results import part_of
from deepmix.segmentation.settings import Settings
from deepmix.segmentation.windows import Window, window
from deepmix.settings import changed, nested

from .restarts import best_of, check_least, keep_end, keep_likelihood, seeds


class DeepMixture(BaseEstimator):
    """deepSVG or deepG: a network and K Gaussians, fitted to one image without labels (Algorithm 3).

    Images are (M, H, W), or (H, W) for one channel, in any unit. Masks are (H, W); without one all pixels count,
    except those that a masked array (numpy.ma) hides. Every image is standardised by its own mean and standard
    deviation over its mask. A new image is segmented by one forward pass and gets its own means and covariances
    [TR3]. Classes are in the order of their means of the first channel, the smallest first.

    n_components: K. kind: "deepsvg" or "deepg". n_init: number of networks to train; that with the least NLL is
    kept. random_state: of the networks' first parameters. warm_start: `fit` goes on with the network of the last
    fit. The other parameters are those of `deepmix.segment` with the preset "paper".

    After `fit`: labels_ (H, W), as `predict` returns them; weights_ (K,), the mean proportions; means_ (K, M) and
    covariances_, in the unit of the image; network_, the parameters θ; converged_; n_iter_ (steps of AdamW);
    lower_bound_ and lower_bounds_ (−NLL of the standardised channels); n_features_in_ (M).
    """

    def __init__(
        self,
        n_components: int,
        *,
        kind: str = "deepsvg",
        covariance_type: str = MixtureSettings.covariance_type,
        standardize: str = Settings.standardize,
        depth: int = NetworkSettings.depth,
        filters: int = NetworkSettings.filters,
        margin: int = Settings.margin,
        learning_rate: float = OptimizationSettings.learning_rate,
        weight_decay: float = OptimizationSettings.weight_decay,
        tol: float = MixtureSettings.tol,
        min_steps: int = OptimizationSettings.min_steps,
        max_steps: int = OptimizationSettings.max_steps,
        m_step_gradient: str = ModelSettings.m_step_gradient,
        label_rule: str = ModelSettings.label_rule,
        total_variation: float = 0.0,
        n_init: int = 1,
        random_state: Any = None,
        warm_start: bool = False,
        backend: str = Settings.backend,
        dtype: str | None = None,
        device: str | None = None,
    ) -> None:
        self.n_components = n_components
        self.kind = kind
        self.covariance_type = covariance_type
        self.standardize = standardize
        self.depth = depth
        self.filters = filters
        self.margin = margin
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.tol = tol
        self.min_steps = min_steps
        self.max_steps = max_steps
        self.m_step_gradient = m_step_gradient
        self.label_rule = label_rule
        self.total_variation = total_variation
        self.n_init = n_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.backend = backend
        self.dtype = dtype
        self.device = device

    def fit(self, image: Any, mask: Any = None) -> Self:
        """Fit to an image; returns itself. Raises as `deepmix.segment`."""
        check_least(self, n_init=1)
        settings = self._settings()
        job = prepare(image, mask, settings)
        frame = _frame(job)
        with _opened(settings) as twin:
            best = best_of(self._run(twin, job, frame, start) for start in self._starts(job))
        order = order_of(best.mixture, job)
        part = part_of(None, best, order, job)
        self.weights_, self.means_, self.covariances_ = part.proportions, part.means, part.covariances
        self.network_ = tree_map(np.array, best.parameters)
        self.network_["head"] = tree_map(lambda array: array[..., order], self.network_["head"])
        self.n_features_in_ = len(job.volume)
        self.labels_ = frame.labels(_probabilities(best, settings)[order])
        keep_likelihood(self, part)
        keep_end(self, part, settings.measure)
        return self

    def fit_predict(self, image: Any, mask: Any = None) -> np.ndarray:
        """Fit to an image; returns its labels (H, W) as `predict` does."""
        return self.fit(image, mask).labels_

    def predict(self, image: Any, mask: Any = None) -> np.ndarray:
        """Labels (H, W) of an image: classes 0 … K−1, −1 outside the mask."""
        frame, found = self._predict(image, mask)
        return frame.labels(_probabilities(found, self._settings()))

    def predict_proba(self, image: Any, mask: Any = None) -> np.ndarray:
        """Probabilities (K, H, W) of the classes, Π or γ by `label_rule`; 0 outside the mask."""
        frame, found = self._predict(image, mask)
        return frame.paste(_probabilities(found, self._settings()))

    def score(self, image: Any, mask: Any = None) -> float:
        """Mean log-likelihood, −NLL, of an image's standardised channels over its mask."""
        return -float(self._predict(image, mask)[1].value)

    def _settings(self) -> Settings:
        check_choice("kind", self.kind, ("deepsvg", "deepg"))
        own = ("kind", "n_init", "random_state", "warm_start")
        shared = {name: value for name, value in self.get_params(deep=False).items() if name not in own}
        return nested(Settings, method=self.kind, **shared)

    def _starts(self, job: Job) -> Iterator[Tree]:
        if self.warm_start and hasattr(self, "network_"):
            yield self.network_
            return
        for seed in seeds(self.random_state, self.n_init):
            yield first_parameters(job._replace(settings=changed(job.settings, seed=seed)))

    def _run(self, twin: ModuleType, job: Job, frame: "_Frame", start: Tree) -> DeepFit:
        model, optimization = job.settings.deep_model(regularizers(job, twin)), job.settings.descent()
        return twin.deep_mixtures.one_image.fit(
            frame.image, start, frame.weights, model=model, optimization=optimization
        )

    def _predict(self, image: Any, mask: Any) -> "tuple[_Frame, Prediction]":
        check_is_fitted(self)
        settings = self._settings()
        job = prepare(image, mask, settings)
        if len(job.volume) != self.n_features_in_:
            raise ValueError(f"the image has {len(job.volume)} channels, the one fitted had {self.n_features_in_}")
        frame = _frame(job)
        with _opened(settings) as twin:
            found = twin.deep_mixtures.many_images.predict(
                self.network_, frame.image, frame.weights, model=settings.deep_model()
            )
        return frame, found


def _opened(settings: Settings) -> AbstractContextManager[ModuleType]:
    return opened(settings.backend, settings.floating, settings.device)


class _Frame(NamedTuple):
    """What the network sees of an image: the padded window (M, h, w) and its weights (h, w).

    window: where it lies in the image. mask: (H, W) bool, of the image.
    """

    image: np.ndarray
    weights: np.ndarray
    window: Window
    mask: np.ndarray

    def paste(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities (K, h, w) over the window as an image (K, H, W), 0 outside the mask."""
        result = np.zeros((len(probabilities), *self.mask.shape), probabilities.dtype)
        result[:, *self.window.box] = self.window.give(probabilities)
        return np.where(self.mask, result, 0)

    def labels(self, probabilities: np.ndarray) -> np.ndarray:
        """The likeliest classes (H, W), −1 outside the mask."""
        return np.where(self.mask, self.paste(probabilities).argmax(axis=0), -1)


def _frame(job: Job) -> _Frame:
    if not job.flat:
        raise ValueError(f"image must be (H, W) or (M, H, W), got the shape {job.volume.shape}")
    image, mask = job.volume[..., 0], job.mask[..., 0]
    box = window(mask, job.settings.margin, 2**job.settings.network.depth)
    return _Frame(image=box.take(image), weights=box.take_mask(mask), window=box, mask=mask)


def _probabilities(found: DeepFit | Prediction, settings: Settings) -> np.ndarray:
    return np.asarray(LABEL_RULES[settings.model.label_rule](found))
