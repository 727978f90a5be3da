"""Every fit, a row each: how its problems are drawn and called, and what its value is.

The tests beside this file put each row under the same laws. A problem is a dict of the arguments of `fit`, by
their names.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from deepmix.conformance.drawing import frozen
from deepmix.reference.deep_mixtures import many_images, objectives
from deepmix.reference.deep_mixtures.records import (
    Batch,
    DeepModel,
    Optimization,
    Training,
    TrainingModel,
    TrainingState,
)
from deepmix.reference.mixtures import fcm, gaussian, gmm, hmrf, svgmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization import adamw
from deepmix.reference.optimization.schedules import polynomial_decay
from tests import problems

Problem = dict[str, Any]
CONFIG = UNetConfig(depth=1, filters=2)
IMAGE = (2, 3, 8, 8)  # M, K, H, W
THICK = problems.networks.VOLUMES[1]  # of volumes


class Fit(NamedTuple):
    """A row.

    algorithm: the module whose `fit` it is, as "mixtures.gmm".
    data, mask: the names of the arguments that hold pixels and their weights.
    problems: problems of a covariance type and a kind of weights (None: any); hypothesis draws them.
    options: those that make exactly n steps (tol < 0), or end at once (tol = ∞), for a covariance type.
    value: what the record's value must be, of the problem, the record and the covariance type.
    kinds: covariance types.
    values_before: how many values the history holds before the first step.
    sees_outside: whether finite numbers outside the mask may matter: a network sees the whole image.
    variant: tells rows of one algorithm apart.
    """

    algorithm: str
    data: str
    mask: str
    problems: Callable[[str, str | None], st.SearchStrategy[Problem]]
    options: Callable[[str, int, float], dict[str, Any]]
    value: Callable[[Problem, Any, str], float]
    kinds: tuple[str, ...] = COVARIANCE_TYPES
    values_before: int = 0
    sees_outside: bool = False
    variant: str = ""

    @property
    def name(self) -> str:
        """The algorithm and the variant."""
        return f"{self.algorithm}-{self.variant}" if self.variant else self.algorithm


def fit(backend: Any, row: Fit, problem: Problem, kind: str, n_steps: int = 4, tol: float = -1.0) -> Any:
    """The record that a backend returns."""
    return solver(backend, row)(problem, row.options(kind, n_steps, tol))


def solver(backend: Any, row: Fit) -> Callable[[Problem, dict[str, Any]], Any]:
    """A backend's `fit`, as a function of a problem and options."""
    subject, algorithm = row.algorithm.split(".")
    function = getattr(getattr(backend, subject), algorithm).fit
    if row.algorithm != "deep_mixtures.many_images":
        return lambda problem, options: function(**problem, **options)

    def train(problem: Problem, options: dict[str, Any]) -> Any:
        images = {name: array for name, array in problem.items() if name != "parameters"}
        batch = Batch(**{"shares": np.ones(len(images["images"]))} | images)
        return function(problem["parameters"], lambda epoch: [batch], **options)

    return train


def outside(row: Fit, problem: Problem) -> np.ndarray:
    """Where a problem's data do not count: bool, in the shape of the data."""
    data, mask = problem[row.data], problem[row.mask]
    return np.broadcast_to(np.expand_dims(mask == 0, 1 if row.data == "images" else 0), data.shape)


def _em_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    return problems.mixtures.em_problems(kind, weights).map(
        lambda p: {"pixels": p.pixels, "start": p.start, "weights": p.weights}
    )


def _family_problems(kind: str, weights: str | None, family: str) -> st.SearchStrategy[Problem]:
    return problems.mixtures.family_problems(family, kind, weights).map(
        lambda p: {"pixels": p.pixels, "start": p.start, "weights": p.weights}
    )


def _spatial_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    return _em_problems(kind, weights).map(lambda p: p | {"start": svgmm.begin(p["pixels"], p["start"], kind)})


def _field_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    return problems.mixtures.field_problems(kind, weights).map(
        lambda p: {
            "image": p.image,
            "start": p.start,
            "mask": p.mask,
            "beta": p.beta,
            "diagonals": p.diagonals,
            "class_sizes": p.class_sizes,
        }
    )


def _fuzzy_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    return problems.mixtures.fuzzy_problems(weights).map(
        lambda p: {"pixels": p.pixels, "start": p.start, "weights": p.weights, "fuzzifier": p.fuzzifier}
    )


def _deep_problems(
    kind: str, weights: str | None, shape: tuple[int, ...] = IMAGE, config: UNetConfig = CONFIG
) -> st.SearchStrategy[Problem]:
    return problems.deep_mixtures.deep_problems(kind, weights, shape, config).map(
        lambda p: {"image": p.image, "parameters": p.parameters, "mask": p.weights}
    )


def _energy_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    return problems.deep_mixtures.deep_problems(kind, weights, IMAGE, CONFIG).map(
        lambda p: {"image": p.image, "parameters": p.parameters, "mask": p.weights, "mixture": p.previous}
    )


def _batch_problems(kind: str, weights: str | None) -> st.SearchStrategy[Problem]:
    """Two images that count."""
    both = st.tuples(*[problems.deep_mixtures.deep_problems(kind, weights, IMAGE, CONFIG)] * 2)
    return both.map(
        lambda pair: {
            "parameters": pair[0].parameters,
            "images": frozen(np.stack([each.image for each in pair])),
            "weights": frozen(np.stack([each.weights for each in pair])),
        }
    )


def _em_options(kind: str, n_steps: int, tol: float) -> dict[str, Any]:
    return {"covariance_type": kind, "max_iter": n_steps, "tol": tol if tol > 0 else -np.inf}


def _of_family(family: str) -> Fit:
    """EM of a family; what depends on the covariance type is that of the Gaussians."""
    return Fit(
        algorithm="mixtures.gmm",
        data="pixels",
        mask="weights",
        problems=partial(_family_problems, family=family),
        options=lambda *given: _em_options(*given) | {"family": family},
        value=lambda problem, fit, kind: gmm.nll(problem["pixels"], fit.mixture, problem["weights"], kind, family),
        kinds=("diag",),
        values_before=1,
        variant=family,
    )


def _deep_options(kind: str, n_steps: int, tol: float, **switches: Any) -> dict[str, Any]:
    return {
        "model": DeepModel(**{"unet": CONFIG} | switches, covariance_type=kind),
        "optimization": Optimization(learning_rate=1e-2, tol=tol, min_steps=0, max_steps=n_steps),
    }


def _training_options(kind: str, n_steps: int, tol: float) -> dict[str, Any]:
    training = Training(learning_rate=1e-2, tol=tol, min_epochs=0, max_epochs=n_steps)
    return {"model": TrainingModel(deep=DeepModel(unet=CONFIG, covariance_type=kind)), "training": training}


def _columns(maps: np.ndarray) -> np.ndarray:
    return maps.reshape(len(maps), -1)


def _free_energy_of_field(problem: Problem, fit: Any, kind: str) -> float:
    image, mixture = problem["image"], fit.mixture
    densities = gaussian.log_density(_columns(image), mixture.means, mixture.covariances, kind)
    given = fit.responsibilities, densities.reshape(fit.responsibilities.shape), problem["mask"]
    energy = hmrf.free_energy(*given, problem["beta"], problem["diagonals"], fit.external)
    return np.average(energy, weights=problem["mask"])


def _nll_of_last_epoch(problem: Problem, fit: Any, kind: str) -> float:
    """The mean NLL under the parameters with which it began; an epoch is one batch."""
    options = _training_options(kind, len(fit.history), -1.0)
    model, training = options["model"], options["training"]
    batch = Batch(images=problem["images"], weights=problem["weights"], shares=np.ones(len(problem["images"])))
    state = TrainingState(parameters=problem["parameters"], optimizer=adamw.init(problem["parameters"]))
    for epoch in range(len(fit.history)):
        opening = state.parameters
        rate = polynomial_decay(training.learning_rate, epoch, training.max_epochs)
        state, _ = many_images.step(state, batch, rate, model, training)
    return many_images.loss(opening, batch, model)[0]


FITS = (
    Fit(
        algorithm="mixtures.gmm",
        data="pixels",
        mask="weights",
        problems=_em_problems,
        options=_em_options,
        value=lambda problem, fit, kind: gmm.nll(problem["pixels"], fit.mixture, problem["weights"], kind),
        values_before=1,
    ),
    *map(_of_family, ("student", "rician", "gamma", "lognormal", "poisson")),
    Fit(
        algorithm="mixtures.svgmm",
        data="pixels",
        mask="weights",
        problems=_spatial_problems,
        options=_em_options,
        value=lambda problem, fit, kind: svgmm.nll(problem["pixels"], fit.mixture, problem["weights"], kind),
        values_before=1,
    ),
    Fit(
        algorithm="mixtures.hmrf",
        data="image",
        mask="mask",
        problems=_field_problems,
        options=_em_options,
        value=_free_energy_of_field,
        values_before=1,
    ),
    Fit(
        algorithm="mixtures.fcm",
        data="pixels",
        mask="weights",
        problems=_fuzzy_problems,
        options=lambda kind, n_steps, tol: {"max_iter": n_steps, "tol": tol},
        value=lambda problem, fit, kind: fcm.objective(
            problem["pixels"], fit.memberships, fit.centres, problem["weights"], problem["fuzzifier"]
        ),
        kinds=("any",),
    ),
    Fit(
        algorithm="deep_mixtures.one_image",
        data="image",
        mask="mask",
        problems=_deep_problems,
        options=partial(_deep_options, objective="nll_v"),
        value=lambda problem, fit, kind: svgmm.nll(
            _columns(problem["image"]),
            fit.mixture._replace(proportions=_columns(fit.proportions)),
            problem["mask"].ravel(),
            kind,
        ),
        sees_outside=True,
        variant="nll_v",
    ),
    Fit(
        algorithm="deep_mixtures.one_image",
        data="image",
        mask="mask",
        problems=partial(_deep_problems, shape=problems.deep_mixtures.VOLUME_SHAPE, config=THICK),
        options=partial(_deep_options, objective="nll_v", unet=THICK),
        value=lambda problem, fit, kind: svgmm.nll(
            _columns(problem["image"]),
            fit.mixture._replace(proportions=_columns(fit.proportions)),
            problem["mask"].ravel(),
            kind,
        ),
        kinds=("diag",),
        sees_outside=True,
        variant="volume",
    ),
    Fit(
        algorithm="deep_mixtures.one_image",
        data="image",
        mask="mask",
        problems=_deep_problems,
        options=partial(_deep_options, objective="nll"),
        value=lambda problem, fit, kind: gmm.nll(
            _columns(problem["image"]), fit.mixture, problem["mask"].ravel(), kind
        ),
        sees_outside=True,
        variant="nll",
    ),
    Fit(
        algorithm="deep_mixtures.one_image",
        data="image",
        mask="mask",
        problems=_energy_problems,
        options=partial(_deep_options, objective="free_energy"),
        value=lambda problem, fit, kind: objectives.free_energy_of(
            _columns(fit.proportions), fit.mixture, _columns(problem["image"]), problem["mask"].ravel(), kind
        ),
        sees_outside=True,
        variant="free_energy",
    ),
    Fit(
        algorithm="deep_mixtures.patches",
        data="image",
        mask="mask",
        problems=_energy_problems,
        options=lambda *given: _deep_options(*given, objective="free_energy") | {"size": (4, 6)},
        value=lambda problem, fit, kind: objectives.free_energy_of(
            _columns(fit.proportions), fit.mixture, _columns(problem["image"]), problem["mask"].ravel(), kind
        ),
        kinds=("diag",),
        sees_outside=True,
    ),
    Fit(
        algorithm="deep_mixtures.many_images",
        data="images",
        mask="weights",
        problems=_batch_problems,
        options=_training_options,
        value=_nll_of_last_epoch,
        sees_outside=True,
    ),
)


def every_fit(chosen: Callable[[Fit, str], bool] = lambda row, kind: True) -> pytest.MarkDecorator:
    """A test of each row and covariance type, or of those chosen."""
    pairs = [(row, kind) for row in FITS for kind in row.kinds if chosen(row, kind)]
    return pytest.mark.parametrize(
        ("row", "kind"), [pytest.param(*pair, id=f"{pair[0].name}-{pair[1]}") for pair in pairs]
    )
