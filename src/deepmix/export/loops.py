"""Algorithms 1 to 3, Markov field, fuzzy C-means, warm start and predictions as one program each, without checks.

A history has its full length: NaN from the end of the loop on.
"""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import jax
import jax.numpy as jnp

from deepmix.accelerated.deep_mixtures import _descent as _descent
from deepmix.accelerated.deep_mixtures import many_images as _training
from deepmix.accelerated.deep_mixtures import one_image as _deep
from deepmix.accelerated.mixtures import _problem as _problem
from deepmix.accelerated.mixtures import fcm as _fcm
from deepmix.accelerated.mixtures import gaussian as _gaussian
from deepmix.accelerated.mixtures import gmm as _gmm
from deepmix.accelerated.mixtures import hmrf as _hmrf
from deepmix.accelerated.mixtures import svgmm as _svgmm
from deepmix.reference.deep_mixtures.records import DeepFit, DeepModel, Optimization, Prediction
from deepmix.reference.mixtures.records import FieldFit, Fit, FuzzyFit, Mixture
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree


def _em(algorithm: ModuleType) -> Callable[..., Fit]:
    def fit(
        pixels: jax.Array, start: Mixture, weights: jax.Array, *, covariance_type: str, tol: float, max_iter: int
    ) -> Fit:
        posed = _problem.Problem(pixels, start, weights, None)
        ended, r, labels = _problem._solve(algorithm._algorithm, posed, tol, covariance_type, max_iter)
        return Fit(
            value=ended.value,
            history=ended.history,
            status=ended.status,
            degenerate=ended.degenerate,
            mixture=ended.mixture,
            responsibilities=r,
            labels=labels,
        )

    return fit


def _field_fit(
    image: jax.Array,
    start: Mixture,
    mask: jax.Array,
    *,
    beta: float,
    diagonals: bool,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> FieldFit:
    pixels = image.reshape(len(image), -1)
    floor = _gaussian.variance_floor(pixels, mask.ravel())
    options = tol, diagonals, covariance_type, max_iter
    ended, posterior, mixture, expected = _hmrf._solve(pixels, start, mask, floor, beta, *options)
    return FieldFit(
        value=ended.value,
        history=ended.history,
        status=ended.status,
        degenerate=ended.degenerate,
        mixture=mixture,
        responsibilities=posterior,
        labels=posterior.argmax(axis=0),
        pseudo_nll=expected,
    )


def _fuzzy_fit(
    pixels: jax.Array, start: jax.Array, weights: jax.Array, *, fuzzifier: float, tol: float, max_iter: int
) -> FuzzyFit:
    ended, coefficient = _fcm._solve(pixels, start, weights, fuzzifier, tol, max_iter)
    u, value = jnp.stack(ended.memberships), ended.history[ended.t - 1]
    return FuzzyFit(
        value=value,
        history=ended.history,
        status=ended.status,
        degenerate=ended.degenerate,
        centres=ended.centres,
        memberships=u,
        labels=u.argmax(axis=0),
        partition_coefficient=coefficient,
    )


def _deep_fit(
    image: jax.Array, parameters: Tree, mask: jax.Array, *, model: DeepModel, optimization: Optimization
) -> DeepFit:
    floor = _gaussian.variance_floor(image.reshape(len(image), -1), mask.ravel())
    job = _descent.Job(parameters, image, mask, floor)
    loop = _descent.start(_deep.algorithm(), job, model)
    loop, nlls = _descent.advance(_deep.algorithm(), loop, job, model, optimization, optimization.max_steps)
    history = jnp.where(jnp.arange(len(nlls)) < loop.t, nlls, jnp.nan)
    evaluation = loop.evaluation
    chosen = evaluation.responsibilities if model.label_rule == "posterior" else evaluation.proportions
    return DeepFit(
        **evaluation._asdict(),
        history=history,
        status=loop.status,
        parameters=loop.parameters,
        labels=chosen.argmax(axis=0),
    )


def _warm_start(
    image: jax.Array,
    parameters: Tree,
    target: jax.Array,
    mask: jax.Array,
    *,
    n_steps: int,
    config: UNetConfig,
    optimization: Optimization,
) -> Tree:
    return _deep._warm_start(image, parameters, target, mask, n_steps, config, optimization)


def _predict(parameters: Tree, image: jax.Array, mask: jax.Array, *, model: DeepModel) -> Prediction:
    return _training._predict(parameters, image, mask, model, None)


mixtures = SimpleNamespace(
    gmm=SimpleNamespace(fit=_em(_gmm)),
    svgmm=SimpleNamespace(fit=_em(_svgmm)),
    hmrf=SimpleNamespace(fit=_field_fit),
    fcm=SimpleNamespace(fit=_fuzzy_fit),
)
deep_mixtures = SimpleNamespace(
    one_image=SimpleNamespace(fit=_deep_fit, warm_start=_warm_start),
    many_images=SimpleNamespace(predict=_predict),
)
