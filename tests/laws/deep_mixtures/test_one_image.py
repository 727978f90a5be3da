"""Laws of Algorithm 3 [DG]: gradients of every switch against central differences, the loop, the warm start."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import one_image, regularizers
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures import gaussian, svgmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks import layers
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.networks.unet import unet
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Status
from tests import problems
from tests.laws.helpers import check_gradient, close, em_allowance, flat, is_collapsing, unflat
from tests.problems.deep_mixtures import arguments

LOSSES = ("nll_v", "nll")
SWITCHES = (("through", "prior"), ("held", "prior"), ("held", "posterior"))
every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
every_loss = pytest.mark.parametrize("objective", LOSSES)
every_switch = pytest.mark.parametrize(("gradient", "weights"), SWITCHES)
models = st.builds(
    lambda objective, kind, switches: DeepModel(
        objective=objective, covariance_type=kind, m_step_gradient=switches[0], m_step_weights=switches[1]
    ),
    st.sampled_from(LOSSES),
    problems.mixtures.covariance_types,
    st.sampled_from(SWITCHES),
)


def model_for(problem, regularized=False, **switches) -> DeepModel:
    """The model of a problem; regularized: with [R1] and [R2]."""
    k, m = problem.previous.means.shape
    prior = partial(regularizers.mean_prior, means=np.linspace(-1, 1, k * m).reshape(k, m))
    both = ((prior, 0.7), (regularizers.total_variation, 0.3))
    return DeepModel(
        unet=problem.config,
        covariance_type=problem.covariance_type,
        regularizers=both if regularized else (),
    )._replace(**switches)


def columns(maps):
    return maps.reshape(len(maps), -1)


def held_loss(problem, mixture: Mixture, model: DeepModel, parameters) -> float:
    """NLL at Π = Φ_θ(I) (deepG: at π = mean Π) with μ, Σ of the given mixture, + Σ λ R through [G2]."""
    proportions, _ = layers.softmax(unet(parameters, problem.image, problem.config)[0])
    pixels, flat_proportions, w = columns(problem.image), columns(proportions), problem.weights.ravel()
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, model.covariance_type)
    pi = np.average(flat_proportions, axis=1, weights=w)
    logs = np.log(flat_proportions if model.objective == "nll_v" else pi[:, None])
    nll = -np.average(logsumexp(logs + densities, axis=0), weights=w)
    found = gaussian.moments(pixels, flat_proportions, w, problem.floor, problem.previous, model.covariance_type)
    of_prior = Mixture(proportions=pi, means=found.means, covariances=found.covariances)
    return nll + sum(
        strength * r(proportions, of_prior, problem.image, problem.weights)[0]
        for r, strength in model.regularizers
    )


# The loss and its gradient


@every_switch
@every_loss
@every_type
@given(data=st.data(), regularized=st.booleans())
def test_dg1_gradient(kind, objective, gradient, weights, data, regularized):
    """Through: of the whole loss. Held: of the loss at the μ, Σ of this step; regularisers always through."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model = model_for(problem, regularized, objective=objective, m_step_gradient=gradient, m_step_weights=weights)
    value, evaluation, slopes = one_image.loss_and_gradient(*arguments(problem), model)
    if gradient == "through":
        of_theta = lambda theta: one_image.loss(*arguments(problem, theta), model)[0]  # noqa: E731
    else:
        of_theta = partial(held_loss, problem, evaluation.mixture, model)
    close(of_theta(problem.parameters), value)
    slopes = tree_map(lambda _, leaf: leaf, problem.parameters, slopes)
    check_gradient(of_theta, problem.parameters, slopes, data.draw(problems.generators))


@every_type
@every_loss
@given(data=st.data(), regularized=st.booleans())
def test_dg_loss_is_the_nll_of_its_mixture_plus_the_regularisers(kind, objective, data, regularized):
    """[SV1] at Π, μ, Σ for deepSVG; [EM2] at π = mean Π for deepG; μ, Σ by [G2] with r = Π [DG3] [DG2]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model = model_for(problem, regularized, objective=objective)
    loss, evaluation = one_image.loss(*arguments(problem), model)
    pixels, w, proportions = columns(problem.image), problem.weights.ravel(), columns(evaluation.proportions)
    found = gaussian.moments(pixels, proportions, w, problem.floor, problem.previous, kind)
    close(evaluation.mixture, (np.average(proportions, axis=1, weights=w), found.means, found.covariances))
    close(
        evaluation.value,
        held_loss(problem, evaluation.mixture, model._replace(regularizers=()), problem.parameters),
    )
    terms = [s * r(evaluation.proportions, evaluation.mixture, problem.image, problem.weights)[0]
             for r, s in model.regularizers]  # fmt: skip
    close(loss, evaluation.value + sum(terms))
    gamma, _ = svgmm.e_step(pixels, evaluation.mixture._replace(proportions=proportions), kind)
    close(columns(evaluation.responsibilities), gamma)
    value, same, _ = one_image.loss_and_gradient(*arguments(problem), model)
    assert value == loss
    close(same, evaluation, 0)


@every_type
@given(data=st.data())
def test_dg4_held_gradient_at_the_logits_is_prior_minus_posterior(kind, data):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model = model_for(problem, m_step_gradient="held")
    _, evaluation, gradient = one_image.loss_and_gradient(*arguments(problem), model)
    _, pullback = unet(problem.parameters, problem.image, problem.config)
    share = problem.weights / problem.weights.sum()
    expected, _ = pullback(share * (evaluation.proportions - evaluation.responsibilities))
    prior, _ = pullback(share * evaluation.proportions)  # much of it cancels where the classes are alike
    close(flat(gradient), flat(expected), scale=np.abs(flat(prior)).max())


@every_type
@given(data=st.data())
def test_dg_deepg_held_gives_every_pixel_the_same_gradient(kind, data):
    """At Π_k(x) it is w(x)/N times one number per class: ∂NLL/∂π_k [DG4]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model = model_for(problem, objective="nll", m_step_gradient="held")
    _, evaluation, gradient = one_image.loss_and_gradient(*arguments(problem), model)
    pi, means, covariances = evaluation.mixture
    density = np.exp(gaussian.log_density(columns(problem.image), means, covariances, kind))
    share = problem.weights / problem.weights.sum()
    at_pi = -(density / (pi @ density)) @ share.ravel()
    logits, pullback = unet(problem.parameters, problem.image, problem.config)
    _, softmax_pullback = layers.softmax(logits)
    expected, _ = pullback(softmax_pullback(at_pi[:, None, None] * share))
    uncancelled, _ = pullback(at_pi[:, None, None] * share * evaluation.proportions)
    close(flat(gradient), flat(expected), scale=np.abs(flat(uncancelled)).max())


@every_type
@every_loss
@given(rng=problems.generators)
def test_dg_one_class_has_nothing_to_learn(kind, objective, rng):
    """K = 1: Π = 1 whatever θ, so the gradient is 0, through the moments too."""
    image, weights = drawing.draw_image(rng, 2, 1, 4, 4), np.ones((4, 4))
    config = UNetConfig(depth=1, filters=2)
    parameters, floor = drawing.draw_parameters(rng, 2, 1, config), np.zeros(2)
    model = DeepModel(unet=config, objective=objective, covariance_type=kind)
    previous = one_image.begin(parameters, image, weights, floor, model).mixture
    value, evaluation, gradient = one_image.loss_and_gradient(parameters, image, previous, weights, floor, model)
    assert np.abs(flat(gradient)).max() < 1e-13
    close(
        value,
        svgmm.nll(columns(image), evaluation.mixture._replace(proportions=np.ones((1, 16))), np.ones(16), kind),
    )


@given(data=st.data(), factor=st.floats(0.1, 10), model=models)
def test_dg_weights_count_relative_to_each_other(data, factor, model):
    problem = data.draw(problems.deep_mixtures.deep_problems(model.covariance_type))
    mean_prior, _ = model_for(problem, True).regularizers  # [R2] divides a sum without weights by their sum
    model = model._replace(unet=problem.config, regularizers=(mean_prior,))
    scaled = problem._replace(weights=problem.weights * factor)
    one, other = (one_image.loss_and_gradient(*arguments(p), model) for p in (problem, scaled))
    close(other[0], one[0])
    close(flat(other[2]), flat(one[2]), 1e-9)


@given(data=st.data(), model=models)
def test_dg_permuting_the_head_permutes_the_classes(data, model):
    problem = data.draw(problems.deep_mixtures.deep_problems(model.covariance_type))
    model = model._replace(unet=problem.config)
    order = data.draw(problems.generators).permutation(len(problem.previous.means))
    head, before = problem.parameters["head"], problem.previous
    turned = problem._replace(
        parameters=problem.parameters | {"head": {name: leaf[..., order] for name, leaf in head.items()}},
        previous=Mixture(
            proportions=before.proportions[order],
            means=before.means[order],
            covariances=before.covariances if model.covariance_type == "tied" else before.covariances[order],
        ),
    )
    (value, one, gradient), (same, other, turned_gradient) = (
        one_image.loss_and_gradient(*arguments(p), model) for p in (problem, turned)
    )
    close(same, value)
    close(other.proportions, one.proportions[order])
    close(other.responsibilities, one.responsibilities[order], 1e-10)
    close(turned_gradient["head"]["kernel"], gradient["head"]["kernel"][..., order], 1e-9)


@every_type
@given(data=st.data())
def test_dg3_a_posterior_m_step_never_raises_the_nll(kind, data):
    """For fixed Π: a generalised EM; the floor off."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    problem = problem._replace(floor=np.zeros_like(problem.floor))
    model = model_for(problem, m_step_gradient="held", m_step_weights="posterior")
    pixels, w = columns(problem.image), problem.weights.ravel()
    before = problem.previous
    for _ in range(4):
        _, evaluation = one_image.loss(*arguments(problem._replace(previous=before)), model)
        spatial = [m._replace(proportions=columns(evaluation.proportions)) for m in (before, evaluation.mixture)]
        if is_collapsing(evaluation.mixture, kind):
            return
        assert evaluation.value <= svgmm.nll(pixels, spatial[0], w, kind) + em_allowance(pixels, *spatial, w, kind)
        before = evaluation.mixture


@every_type
@every_loss
@given(data=st.data())
def test_dg_begins_with_the_moments_of_the_network_for_either_weighting(kind, objective, data):
    """Under K equal Gaussians γ = Π [DG3]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model = model_for(problem, objective=objective, m_step_gradient="held")
    state = one_image.begin(problem.parameters, problem.image, problem.weights, problem.floor, model)
    begun = problem._replace(previous=state.mixture)
    prior, posterior = (
        one_image.loss(*arguments(begun), model._replace(m_step_weights=weights))
        for weights in ("prior", "posterior")
    )
    close(posterior[0], prior[0])
    close(posterior[1].mixture, prior[1].mixture, 1e-10)


# The loop


def fit_of(problem, model, **options):
    """Fit a few steps, at a rate that moves θ visibly."""
    optimization = Optimization(learning_rate=1e-2, tol=0.0, min_steps=1, max_steps=4)._replace(**options)
    return one_image.fit(
        problem.image, problem.parameters, problem.weights, model=model, optimization=optimization
    )


@given(data=st.data(), model=models, regularized=st.booleans(), rule=st.sampled_from(("prior", "posterior")))
def test_dg_fit_is_its_steps_and_all_it_returns_belongs_to_one_theta(data, model, regularized, rule):
    problem = data.draw(problems.deep_mixtures.deep_problems(model.covariance_type))
    regular = model_for(problem, regularized).regularizers
    model = model._replace(unet=problem.config, regularizers=regular, label_rule=rule)
    optimization = Optimization(learning_rate=1e-2, tol=0.0, max_steps=4, max_norm=0.1)
    state = one_image.begin(problem.parameters, problem.image, problem.weights, problem.floor, model)
    history = []
    for _ in range(4):
        before = state
        state, evaluation = one_image.step(
            before, problem.image, problem.weights, problem.floor, model, optimization
        )
        history.append(evaluation.value)
    fitted = fit_of(problem, model, max_norm=0.1)
    close(fitted.history, np.array(history))
    assert fitted.value == fitted.history[-1]
    assert fitted.status == Status.max_steps
    close(flat(fitted.parameters), flat(before.parameters))
    logits, _ = unet(fitted.parameters, problem.image, model.unet)
    close(fitted.proportions, layers.softmax(logits)[0])
    close(fitted.mixture, evaluation.mixture)
    close(fitted.responsibilities, evaluation.responsibilities, 1e-10)
    again = problem._replace(parameters=fitted.parameters)
    close(held_loss(again, fitted.mixture, model._replace(regularizers=()), fitted.parameters), fitted.value)
    chosen = fitted.responsibilities if rule == "posterior" else fitted.proportions
    np.testing.assert_array_equal(fitted.labels, chosen.argmax(axis=0))


@given(data=st.data(), model=models)
def test_dg1_step_is_adamw_on_the_clipped_gradient(data, model):
    problem = data.draw(problems.deep_mixtures.deep_problems(model.covariance_type))
    model = model._replace(unet=problem.config, regularizers=model_for(problem, True).regularizers)
    optimization = Optimization(
        learning_rate=0.03, weight_decay=0.2, max_norm=data.draw(st.sampled_from((1e-3, 12.0)))
    )
    state = one_image.begin(problem.parameters, problem.image, problem.weights, problem.floor, model)
    following, evaluation = one_image.step(
        state, problem.image, problem.weights, problem.floor, model, optimization
    )
    begun = problem._replace(previous=state.mixture)
    _, same, gradient = one_image.loss_and_gradient(*arguments(begun), model)
    gradient = tree_map(lambda _, leaf: leaf, problem.parameters, gradient)
    theta, g = flat(problem.parameters), flat(gradient)
    g = g * min(1, optimization.max_norm / np.linalg.norm(g))
    # AdamW's first step: m̂ = g, √v̂ = |g|
    close(flat(following.parameters), theta - 0.03 * (g / (np.abs(g) + 1e-8) + 0.2 * theta), 1e-9)
    close(following.mixture, evaluation.mixture, 0)
    close(evaluation.value, same.value, 0)


@pytest.mark.parametrize(
    ("tol", "min_steps", "max_steps"), [(np.inf, 3, 9), (np.inf, 0, 9), (np.inf, 9, 5), (0, 2, 1)]
)
def test_dg_stops_after_min_steps_or_at_max_steps_and_tells_its_progress(tol, min_steps, max_steps):
    """t > min_steps and |ΔNLL| < tol, or t = max_steps − 1."""
    rng = np.random.default_rng(7)
    config, image = UNetConfig(depth=1, filters=2), drawing.draw_image(rng, 1, 2, 4, 4)
    told = []
    fitted = one_image.fit(
        image,
        drawing.draw_parameters(rng, 1, 2, config),
        model=DeepModel(unet=config),
        optimization=Optimization(tol=tol, min_steps=min_steps, max_steps=max_steps),
        progress=lambda t, nll: told.append((t, nll)),
    )
    converges = tol == np.inf and min_steps + 1 < max_steps
    assert len(fitted.history) == (min_steps + 2 if converges else max_steps)
    assert fitted.status == (Status.converged if converges else Status.max_steps)
    assert told == list(enumerate(fitted.history))


def test_dg_a_rise_of_the_nll_by_more_than_tol_does_not_stop_the_loop():
    """|NLL_{t−1} − NLL_t|, not the fall alone: at a rate of 1 the NLL jumps both ways."""
    rng = np.random.default_rng(8)
    config, image = UNetConfig(depth=1, filters=2), drawing.draw_image(rng, 1, 2, 4, 4)
    optimization = Optimization(learning_rate=1.0, tol=1e-9, min_steps=0, max_steps=30)
    fitted = one_image.fit(
        image,
        drawing.draw_parameters(rng, 1, 2, config),
        model=DeepModel(unet=config),
        optimization=optimization,
    )
    changes = np.diff(fitted.history)
    assert (changes[:-1] > 0).any()
    assert (np.abs(changes[:-1]) >= 1e-9).all() or len(fitted.history) == 2


@every_type
@every_loss
def test_dg_lowers_the_nll(kind, objective):
    """An image of three bands: fifty steps at 10⁻² learn something."""
    rng = np.random.default_rng(9)
    config, image = UNetConfig(depth=1, filters=4), drawing.draw_image(rng, 2, 3, 8, 12)
    fitted = one_image.fit(
        image,
        unet_parameters(2, 3, config),
        model=DeepModel(unet=config, objective=objective, covariance_type=kind),
        optimization=Optimization(learning_rate=1e-2, tol=0, max_steps=50),
    )
    assert fitted.value < fitted.history[0] - 0.1


def test_dg_non_finite_nll_returns_the_last_finite_parameters():
    rng = np.random.default_rng(10)
    config, image = UNetConfig(depth=1, filters=2), drawing.draw_image(rng, 1, 2, 4, 4)
    parameters = drawing.draw_parameters(rng, 1, 2, config)
    with np.errstate(all="ignore"):
        fitted = one_image.fit(
            image,
            parameters,
            model=DeepModel(unet=config),
            optimization=Optimization(learning_rate=1e300, tol=np.inf),
        )
    assert fitted.status == Status.non_finite
    assert np.isfinite(fitted.value)
    assert fitted.value == fitted.history[-2]
    assert not np.isfinite(fitted.history[-1])
    np.testing.assert_array_equal(flat(fitted.parameters), flat(parameters))
    assert np.isfinite(fitted.proportions).all()
    assert np.isfinite(fitted.mixture.covariances).all()


@every_type
@every_loss
def test_g3_a_class_that_the_network_never_chooses_keeps_its_moments_and_is_flagged(kind, objective):
    """A head bias of −10⁴: Π underflows to 0; the class keeps the global moments and the others learn on."""
    rng = np.random.default_rng(11)
    config, image = UNetConfig(depth=1, filters=2), drawing.draw_image(rng, 2, 3, 8, 12)
    parameters = drawing.draw_parameters(rng, 2, 3, config)
    head = parameters["head"]
    parameters = parameters | {"head": head | {"bias": np.array([0, 0, -1e4])}}
    model = DeepModel(unet=config, objective=objective, covariance_type=kind)
    fitted = one_image.fit(image, parameters, model=model, optimization=Optimization(max_steps=3))
    np.testing.assert_array_equal(fitted.degenerate, [False, False, True])
    assert np.isfinite(fitted.value)
    assert np.isfinite(flat(fitted.parameters)).all()
    assert fitted.mixture.proportions[2] == 0
    close(fitted.mixture.means[2], columns(image).mean(axis=1))


def test_dg_defaults_are_those_published():
    assert Optimization()[:6] == (1e-4, 1e-3, 12.0, 1e-3, 10, 200)
    assert DeepModel()[:7] == (
        UNetConfig(depth=4, filters=32, negative_slope=0.01),
        "nll_v",
        "diag",
        "gaussian",
        "through",
        "prior",
        "prior",
    )
    assert DeepModel()[7:] == ((), 0.0)


# The warm start


def target_for(problem, data) -> np.ndarray:
    """Some P (K, H, W)."""
    k, shape = len(problem.previous.means), problem.weights.shape
    return data.draw(problems.mixtures.responsibilities(k, problem.weights.size)).reshape(k, *shape)


def cross_entropy(image, weights, parameters, target, config) -> float:
    """−(1/N) Σ_x w Σ_k P_k(x) log Φ_θ(I)_k(x) [DG6]."""
    logits, _ = unet(parameters, image, config)
    logs = logits - logsumexp(logits, axis=0)
    return -(weights * target * logs).sum() / weights.sum()


@given(data=st.data())
def test_dg6_warm_start_lowers_the_cross_entropy(data):
    problem = data.draw(problems.deep_mixtures.deep_problems("diag"))
    k = len(problem.previous.means)
    target = data.draw(problems.mixtures.responsibilities(k, problem.weights.size)).reshape(
        k, *problem.weights.shape
    )
    entropy = partial(cross_entropy, problem.image, problem.weights, target=target, config=problem.config)
    warm = partial(
        one_image.warm_start, problem.image, problem.parameters, target, problem.weights, config=problem.config
    )
    after = warm(n_steps=10, optimization=Optimization(learning_rate=1e-3))
    assert entropy(parameters=after) < entropy(parameters=problem.parameters)
    np.testing.assert_array_equal(flat(warm(n_steps=0)), flat(problem.parameters))


@given(data=st.data())
def test_dg6_first_step_goes_against_every_slope_of_the_cross_entropy(data):
    """AdamW's first step is −lr·sign(slope): each slope's sign against central differences, a few drawn."""
    problem = data.draw(problems.deep_mixtures.deep_problems("diag"))
    k = len(problem.previous.means)
    target = data.draw(problems.mixtures.responsibilities(k, problem.weights.size)).reshape(
        k, *problem.weights.shape
    )
    warm = partial(
        one_image.warm_start, problem.image, problem.parameters, target, problem.weights, config=problem.config
    )
    moved = warm(n_steps=1, optimization=Optimization(learning_rate=1e-3, weight_decay=0.0))
    before = flat(problem.parameters)
    signs = (before - flat(moved)) / 1e-3
    assert np.abs(signs).max() <= 1 + 1e-9

    def entropy(vector):
        theta = unflat(vector, problem.parameters)
        return cross_entropy(problem.image, problem.weights, theta, target, problem.config)

    for index in data.draw(problems.generators).integers(0, before.size, 5):
        h = np.zeros_like(before)
        h[index] = 1e-6
        slope = (entropy(before + h) - entropy(before - h)) / 2e-6
        if abs(slope) > 1e-4:  # far above rounding, 1e-9, and above what a kink bends
            assert signs[index] == pytest.approx(np.sign(slope), abs=1e-3)


@given(data=st.data())
def test_dg6_decays_and_clips_as_the_loop_does(data):
    """At the target itself the cross-entropy's gradient is 0: what is left of a step is the decay."""
    problem = data.draw(problems.deep_mixtures.deep_problems("diag"))
    target, _ = layers.softmax(unet(problem.parameters, problem.image, problem.config)[0])
    moved = one_image.warm_start(
        problem.image,
        problem.parameters,
        target,
        problem.weights,
        n_steps=1,
        config=problem.config,
        optimization=Optimization(learning_rate=0.1, weight_decay=0.5),
    )
    close(flat(moved), flat(problem.parameters) * (1 - 0.05))
