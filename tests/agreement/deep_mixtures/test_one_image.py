"""Both backends: Algorithm 3, its loss, gradient, step and loop, under all switches."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given

from deepmix import accelerated, reference
from deepmix.conformance.drawing import (
    draw_image,
    draw_mixture,
    draw_parameters,
    draw_responsibilities,
    draw_weights,
)
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Status
from tests.agreement.networks import kinks
from tests.problems import generators
from tests.problems.deep_mixtures import VOLUME_SHAPE, arguments, draw_deep_problem
from tests.problems.networks import VOLUMES
from tests.tolerances import GRADIENT, STEP, TRAJECTORY, assert_agree, assert_tree_agrees, rounded, tolerance

M, K, H, W = 2, 3, 8, 12
CONFIG = UNetConfig(depth=1, filters=3)
LOSSES = ("nll_v", "nll")
# With μ, Σ held the gradient knows nothing of the covariance type [DG4].
SWITCHES = [("through", "prior", kind) for kind in COVARIANCE_TYPES]
SWITCHES += [("held", "prior", "diag"), ("held", "posterior", "diag"), ("held", "posterior", "full")]
MODELS = [
    DeepModel(
        unet=CONFIG, objective=objective, covariance_type=kind, m_step_gradient=gradient, m_step_weights=weights
    )
    for objective in LOSSES
    for gradient, weights, kind in SWITCHES
]
MODELS += [DeepModel(unet=CONFIG, covariance_type=kind, objective="free_energy") for kind in COVARIANCE_TYPES]
MODELS.append(DeepModel(unet=CONFIG, objective="free_energy", contamination=0.01))
DIAGONAL = [model for model in MODELS if model.covariance_type == "diag"]
OF_VOLUMES = DeepModel(unet=VOLUMES[1])
MEANS = np.linspace(-1, 1, K * M).reshape(K, M)


def label(model: DeepModel) -> str:
    if model.objective == "free_energy":
        return f"free-energy-{model.covariance_type}-{model.contamination}"
    return f"{model.objective}-{model.covariance_type}-{model.m_step_gradient}-{model.m_step_weights}"


def regularized(model: DeepModel, backend) -> DeepModel:
    """The model with both regularisers of a backend; the same object each time, so that it compiles once."""
    return model._replace(regularizers=REGULARIZERS[backend.__name__])


REGULARIZERS = {
    backend.__name__: (
        (backend.deep_mixtures.regularizers.total_variation, 0.3),
        (partial(backend.deep_mixtures.regularizers.mean_prior, means=MEANS), 0.1),
    )
    for backend in (accelerated, reference)
}


def draw_problem(rng: np.random.Generator, kind: str) -> tuple:
    """What `loss` takes before the model."""
    return arguments(draw_deep_problem(rng, (M, K, H, W), CONFIG, kind))


@pytest.mark.parametrize("model", MODELS, ids=label)
@given(rng=generators)
def test_loss_and_gradient(model, rng):
    """The hand-written pullback against JAX's derivative, with both regularisers."""
    problem = draw_problem(rng, model.covariance_type)
    actual = accelerated.deep_mixtures.one_image.loss_and_gradient(*problem, regularized(model, accelerated))
    expected = reference.deep_mixtures.one_image.loss_and_gradient(*problem, regularized(model, reference))
    assert_agree(actual[:2], expected[:2], 1e-9)  # Evaluation: densities of moments, hence as a step
    assert_tree_agrees(actual[2], expected[2], GRADIENT)
    value, evaluation = reference.deep_mixtures.one_image.loss(*problem, regularized(model, reference))
    assert_agree((value, evaluation), expected[:2], 1e-15)


@pytest.mark.parametrize("objective", ["nll_v", "nll"])
@given(rng=generators)
def test_loss_and_gradient_of_a_volume(objective, rng):
    problem = arguments(draw_deep_problem(rng, VOLUME_SHAPE, OF_VOLUMES.unet, "diag"))
    model = OF_VOLUMES._replace(objective=objective)
    actual = accelerated.deep_mixtures.one_image.loss_and_gradient(*problem, regularized(model, accelerated))
    expected = reference.deep_mixtures.one_image.loss_and_gradient(*problem, regularized(model, reference))
    assert_agree(actual[:2], expected[:2], 1e-9)
    assert_tree_agrees(actual[2], expected[2], GRADIENT)


@pytest.mark.parametrize("model", DIAGONAL, ids=label)
@given(rng=generators)
def test_loss_and_gradient_in_float32(model, rng):
    low, high = rounded(draw_problem(rng, "diag"), np.float32)
    with kinks.watched() as margins:
        expected = reference.deep_mixtures.one_image.loss_and_gradient(*high, model)
    assume(min(margins) > kinks.CLEAR)
    actual = accelerated.deep_mixtures.one_image.loss_and_gradient(*low, model)
    assert_agree(actual[:2], expected[:2], tolerance("loss", np.float32), np.float32)
    assert_tree_agrees(actual[2], expected[2], tolerance("gradient", np.float32), np.float32, at_least=1.0)


@pytest.mark.parametrize("model", DIAGONAL, ids=label)
@given(rng=generators)
def test_step(model, rng):
    parameters, image, previous, weights, floor = draw_problem(rng, "diag")
    rest = image, weights, floor, model, Optimization(learning_rate=1e-3)
    states = []
    for backend in (accelerated, reference):
        state = backend.deep_mixtures.one_image.begin(parameters, image, weights, floor, model)._replace(
            mixture=previous
        )
        states.append(backend.deep_mixtures.one_image.step(state, *rest))
    assert_tree_agrees(states[0][0].parameters, states[1][0].parameters, STEP)
    assert_agree(states[0][0].mixture, states[1][0].mixture, STEP)
    assert_agree(states[0][1], states[1][1], STEP)


# Without regularisers tests/fits has shorter ones of every objective.
IN_BRIEF = [DIAGONAL[0], *(pytest.param(model, marks=pytest.mark.thorough) for model in DIAGONAL[1:])]


@pytest.mark.parametrize("model", IN_BRIEF, ids=label)
def test_trajectory_of_twenty_steps(model):
    rng = np.random.default_rng(11)
    image, weights = draw_image(rng, M, K, H, W), draw_weights(rng, (H, W), "mask")
    parameters = unet_parameters(M, K, CONFIG, seed=5)
    optimization = Optimization(learning_rate=1e-3, tol=-1.0, max_steps=20, m_step_every=3, m_step_damping=0.5)
    _, _, mixture, *_ = draw_problem(rng, "diag")
    mixture = mixture if model.objective == "free_energy" else None
    options = {"optimization": optimization, "mixture": mixture}
    actual, expected = (
        backend.deep_mixtures.one_image.fit(
            image, parameters, weights, model=regularized(model, backend), **options
        )
        for backend in (accelerated, reference)
    )
    assert_agree(actual._replace(parameters=0), expected._replace(parameters=0), TRAJECTORY)
    assert_tree_agrees(actual.parameters, expected.parameters, TRAJECTORY)
    assert len(actual.history) == 20
    assert actual.status is expected.status is Status.max_steps


@pytest.mark.parametrize("damping", [0.0, 0.3])
@given(rng=generators)
def test_free_energy_of_a_damped_m_step(damping, rng):
    problem = draw_problem(rng, "full")
    model = DeepModel(unet=CONFIG, covariance_type="full", objective="free_energy")
    actual = accelerated.deep_mixtures.one_image.loss_and_gradient(*problem, model, damping)
    expected = reference.deep_mixtures.one_image.loss_and_gradient(*problem, model, damping)
    assert_agree(actual[:2], expected[:2], 1e-9)
    assert_tree_agrees(actual[2], expected[2], GRADIENT)


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_chunks_and_the_end_of_the_loop(chunk):
    """Where the loop returns to the host changes nothing; it ends as the reference's."""
    rng = np.random.default_rng(12)
    image = draw_image(rng, M, K, H, W)
    parameters = unet_parameters(M, K, CONFIG, seed=6)
    options = {
        "model": DeepModel(unet=CONFIG),
        "optimization": Optimization(learning_rate=1e-3, tol=2e-2, min_steps=4, max_steps=40),
    }
    calls: list[tuple[int, float]] = []
    actual = accelerated.deep_mixtures.one_image.fit(
        image, parameters, **options, chunk=chunk, progress=lambda t, nll: calls.append((t, nll))
    )
    expected = reference.deep_mixtures.one_image.fit(image, parameters, **options)
    assert actual.status is expected.status is Status.converged
    assert_agree(actual._replace(parameters=0), expected._replace(parameters=0), TRAJECTORY)
    assert calls == [(t, float(nll)) for t, nll in enumerate(actual.history)]


def test_label_rule_posterior():
    rng = np.random.default_rng(13)
    image = draw_image(rng, M, K, H, W)
    parameters = unet_parameters(M, K, CONFIG, seed=7)
    model, options = DeepModel(unet=CONFIG, label_rule="posterior"), Optimization(max_steps=2)
    fits = [
        b.deep_mixtures.one_image.fit(image, parameters, model=model, optimization=options)
        for b in (accelerated, reference)
    ]
    assert_agree(fits[0].labels, fits[1].labels, 0)
    assert np.array_equal(fits[1].labels, fits[1].responsibilities.argmax(axis=0))


def test_warm_start_dg6():
    rng = np.random.default_rng(14)
    image, weights = draw_image(rng, M, K, H, W), draw_weights(rng, (H, W), "reals")
    target = draw_responsibilities(rng, K, H * W).reshape(K, H, W)
    parameters = unet_parameters(M, K, CONFIG, seed=8)
    options = {"n_steps": 12, "config": CONFIG, "optimization": Optimization(learning_rate=1e-3)}
    actual, expected = (
        backend.deep_mixtures.one_image.warm_start(image, parameters, target, weights, **options)
        for backend in (accelerated, reference)
    )
    assert_tree_agrees(actual, expected, TRAJECTORY)


@pytest.mark.parametrize("objective", LOSSES)
def test_a_class_whose_proportions_underflow_has_a_finite_gradient(objective):
    """In float32 Π underflows long before its logits are large; the twin stays in logs."""
    problem, _ = rounded(draw_problem(np.random.default_rng(15), "diag"), np.float32)
    problem[0]["head"]["bias"][:] = [0, 0, -200]
    _, evaluation, gradient = accelerated.deep_mixtures.one_image.loss_and_gradient(
        *problem, DeepModel(unet=CONFIG, objective=objective)
    )
    assert evaluation.proportions[2].max() == 0
    assert list(evaluation.degenerate) == [False, False, True]
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_a_fit_that_blows_up_keeps_its_last_finite_parameters():
    image = draw_image(np.random.default_rng(16), M, K, H, W)
    parameters = unet_parameters(M, K, CONFIG, seed=9)
    wild = Optimization(learning_rate=1e200, weight_decay=0.0, max_steps=20)
    for backend in (accelerated, reference):
        with np.errstate(all="ignore"):
            fit = backend.deep_mixtures.one_image.fit(
                image, parameters, model=DeepModel(unet=CONFIG), optimization=wild
            )
        assert fit.status is Status.non_finite
        assert not np.isfinite(fit.history[-1])
        assert fit.value == fit.history[-2]
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((fit.parameters, fit.mixture)))


def test_the_callers_arrays_survive():
    """The loop consumes its buffers: they must not be the caller's."""
    image = jnp.asarray(draw_image(np.random.default_rng(17), M, K, H, W))
    parameters = jax.tree.map(jnp.asarray, unet_parameters(M, K, CONFIG))
    fits = [
        accelerated.deep_mixtures.one_image.fit(
            image, parameters, model=DeepModel(unet=CONFIG), optimization=Optimization(max_steps=2)
        )
        for _ in range(2)
    ]
    assert_agree(fits[0], fits[1], 0)


def test_other_weights_and_another_contamination_take_the_same_program():
    """An image that asks for another λ, as "auto" chooses it, need not wait for a compiler."""
    rng = np.random.default_rng(0)
    image, mixture = draw_image(rng, M, K, H, W), draw_mixture(rng, M, K, 4.0, 1.0, "diag")
    start = unet_parameters(M, K, CONFIG)
    traced: list[int] = []

    def counted(proportions, mixture, image, mask):
        traced.append(0)
        return accelerated.deep_mixtures.regularizers.total_variation(proportions, mixture, image, mask)

    def fit(strength: float, contamination: float):
        model = DeepModel(unet=CONFIG, objective="free_energy", contamination=contamination)
        model = model._replace(regularizers=((counted, strength),))
        options = {"model": model, "optimization": Optimization(learning_rate=1e-2, max_steps=5)}
        accelerated.deep_mixtures.one_image.fit_batch(image[None], [start], mixtures=[mixture], **options)
        return accelerated.deep_mixtures.one_image.fit(image, start, mixture=mixture, **options).proportions

    first = fit(0.5, 1e-3)
    assert len(traced) > 0
    for number in range(1, 3):
        once = len(traced)
        other = fit(0.5 + number, 1e-3 * number)
        assert len(traced) == once
        assert np.abs(other - first).max() > 1e-3


def test_compiled_is_as_not_compiled():
    problem, _ = rounded(draw_problem(np.random.default_rng(18), "diag"), np.float32)
    model = DeepModel(unet=CONFIG)
    compiled = jax.jit(accelerated.deep_mixtures.one_image.loss, static_argnames="model")(*problem, model)
    with jax.disable_jit():
        plain = accelerated.deep_mixtures.one_image.loss(*problem, model)
    assert_agree(compiled, plain, tolerance("loss", np.float32), np.float32)


def test_products_in_bfloat16_leave_the_fit_close():
    """Convolutions multiply with eight bits; NLL, moments and parameters stay in the dtype of the image."""
    rng = np.random.default_rng(4)
    config = UNetConfig(depth=2, filters=4)
    image, parameters = draw_image(rng, 2, 3, 16, 16).astype(np.float32), draw_parameters(rng, 2, 3, config)
    options = {"model": DeepModel(unet=config), "optimization": Optimization(max_steps=20, tol=0)}
    exact = accelerated.deep_mixtures.one_image.fit(image, parameters, **options)
    fit = accelerated.deep_mixtures.one_image.fit(image, parameters, product_dtype="bfloat16", **options)
    arrays = jax.tree.leaves((fit.parameters, fit.mixture, fit.proportions))
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert not np.array_equal(fit.history, exact.history)
    # eight bits a factor, errors of either sign: 2⁻⁸ of the NLL, which is of order 1
    assert np.abs(fit.history - exact.history).max() < 2**-8 * np.abs(exact.history).max()
    batch = accelerated.deep_mixtures.one_image.fit_batch(
        image[None], [parameters], product_dtype="bfloat16", **options
    )
    np.testing.assert_allclose(batch[0].history, fit.history, rtol=2**-8)
