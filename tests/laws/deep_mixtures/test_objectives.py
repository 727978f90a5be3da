"""Laws of the free energy [VE], and of Algorithm 3 with it."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.deep_mixtures import objectives, one_image
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures import gaussian, gmm
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks import layers
from deepmix.reference.networks.unet import unet
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Status
from tests import problems
from tests.laws.deep_mixtures.test_one_image import arguments, columns, model_for
from tests.laws.helpers import FEW_STEPS, check_gradient, close, flat

every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


def energy_model(problem, regularized=False, **switches) -> DeepModel:
    return model_for(problem, regularized, objective="free_energy", **switches)


def some_field(problem, data):
    """q (K, N), a mixture, the pixels and their weights."""
    q = data.draw(problems.mixtures.responsibilities(len(problem.previous.means), problem.weights.size))
    return q, problem.previous, columns(problem.image), problem.weights.ravel()


def moments_of(mixture: Mixture, kind: str):
    """π, π μ and π (Σ + μμᵀ): what stepwise EM averages."""
    pi, means, covariances = mixture
    matrices = gaussian.covariance_matrices(covariances, kind, *means.shape)
    second = matrices + np.einsum("ki,kj->kij", means, means)
    if kind == "spherical":  # knows the mean of the channels' variances alone
        second = np.einsum("kii->k", second)
    elif kind == "diag":
        second = np.einsum("kii->ki", second)
    weighted = pi.reshape(-1, *[1] * (second.ndim - 1)) * second
    return pi, pi[:, None] * means, weighted.sum(axis=0) if kind == "tied" else weighted


@every_type
@given(data=st.data())
def test_ve1_by_loops(kind, data):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    q, mixture, pixels, w = some_field(problem, data)
    densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)
    total, size = 0.0, 0.0
    for n, weight in enumerate(w):
        for k, share in enumerate(q[:, n]):
            total += weight * share * (np.log(share) - np.log(mixture.proportions[k]) - densities[k, n])
            size += weight * share * abs(densities[k, n])
    close(objectives.free_energy_of(q, mixture, pixels, w, kind), total / w.sum(), scale=size / w.sum())


@every_type
@given(data=st.data())
def test_ve1_is_at_least_the_nll_and_equal_at_the_e_step(kind, data):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    q, mixture, pixels, w = some_field(problem, data)
    nll = gmm.nll(pixels, mixture, w, kind)
    size = 1 + np.abs(gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)).max()
    assert objectives.free_energy_of(q, mixture, pixels, w, kind) >= nll - 1e-12 * size
    gamma, _ = gmm.e_step(pixels, mixture, kind)
    close(objectives.free_energy_of(gamma, mixture, pixels, w, kind), nll, scale=size)


@every_type
@given(data=st.data())
def test_ve3_a_damped_m_step_averages_moments(kind, data):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    q, previous, pixels, w = some_field(problem, data)
    found = gmm.m_step(pixels, q, w, problem.floor, previous, kind)[0]
    rate = data.draw(st.floats(0, 1))
    blended = gaussian.blend(previous, found, rate, kind)
    parts = zip(moments_of(previous, kind), moments_of(found, kind), strict=True)
    close(moments_of(blended, kind), tuple((1 - rate) * old + rate * new for old, new in parts))
    close(gaussian.blend(previous, found, 0.0, kind), previous)
    close(gaussian.blend(previous, found, 1.0, kind), found)


@every_type
@given(data=st.data())
def test_ve3_a_damped_m_step_never_raises_f(kind, data):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    q, previous, pixels, w = some_field(problem, data)
    found = gmm.m_step(pixels, q, w, np.zeros(len(pixels)), previous, kind)[0]
    f = [
        objectives.free_energy_of(q, gaussian.blend(previous, found, rate, kind), pixels, w, kind)
        for rate in (0.0, 0.1, 0.5, 1.0)
    ]
    assert (np.diff(f) <= 1e-9 * (1 + np.abs(f).max())).all()


def test_ve3_a_class_without_pixels_keeps_its_moments():
    previous = Mixture(
        proportions=np.array([0.5, 0.5]), means=np.array([[0.0], [9.0]]), covariances=np.ones((2, 1))
    )
    found = Mixture(proportions=np.array([1.0, 0.0]), means=np.array([[1.0], [9.0]]), covariances=np.ones((2, 1)))
    for rate in (0.3, 1.0):
        blended = gaussian.blend(previous, found, rate)
        assert blended.proportions[1] == 0.5 * (1 - rate)
        assert (blended.means[1], blended.covariances[1]) == (9.0, 1.0)


@every_type
@given(data=st.data())
def test_ve_exact_coordinate_descent_never_raises_f(kind, data):
    """E-step and damped M-step by turns [VE3]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    _, mixture, pixels, w = some_field(problem, data)
    rate, history, nothing = data.draw(st.floats(0, 1)), [], np.zeros(len(pixels))
    for _ in range(5):
        q, _ = gmm.e_step(pixels, mixture, kind)
        history.append(objectives.free_energy_of(q, mixture, pixels, w, kind))
        found, moments = gmm.m_step(pixels, q, w, nothing, mixture, kind)
        if moments.degenerate.any() or not np.isfinite(gmm.nll(pixels, found, w, kind)):
            break  # a class has collapsed onto a pixel: without the floor it has no density
        mixture = gaussian.blend(mixture, found, rate, kind)
        history.append(objectives.free_energy_of(q, mixture, pixels, w, kind))
    assert (np.diff(history) <= 1e-9 * (1 + np.abs(history).max())).all()


@every_type
@given(data=st.data(), contamination=st.floats(1e-6, 0.9))
def test_ve4_the_posterior_is_mixed_with_the_proportions(kind, data, contamination):
    """F = NLL + KL(q ‖ (1 − ε) γ + ε π): least at that mixture, where it is the NLL without contamination."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    q, mixture, pixels, w = some_field(problem, data)
    energy = partial(objectives.free_energy_of, mixture=mixture, pixels=pixels, weights=w, covariance_type=kind)
    gamma, _ = gmm.e_step(pixels, mixture, kind)
    mixed = (1 - contamination) * gamma + contamination * mixture.proportions[:, None]
    nll = gmm.nll(pixels, mixture, w, kind)
    size = 1 + np.abs(gaussian.log_density(pixels, mixture.means, mixture.covariances, kind)).max()
    divergence = (q * np.log(q / mixed)).sum(axis=0) @ w / w.sum()
    close(energy(q, contamination=contamination), nll + divergence, scale=size)
    close(energy(mixed, contamination=contamination), nll, scale=size)
    close(energy(q, contamination=0.0), energy(q), 0)


def test_ve4_bounds_what_a_pixel_can_say():
    """A pixel that only one class can explain: without ε it says as much as its distance, with it log K/ε."""
    mixture = Mixture(
        proportions=np.array([0.5, 0.5]), means=np.array([[0.0], [1.0]]), covariances=np.array([[1e-6], [1.0]])
    )
    pixels, w, wrong = np.array([[2.0]]), np.ones(1), np.array([[1.0], [0.0]])
    assert objectives.free_energy_of(wrong, mixture, pixels, w) > 1e6
    nll = gmm.nll(pixels, mixture, w)
    for contamination in (1e-2, 1e-4):
        bounded = objectives.free_energy_of(wrong, mixture, pixels, w, contamination=contamination)
        close(bounded, nll + np.log(2 / contamination))


@every_type
@given(data=st.data(), regularized=st.booleans(), contamination=st.sampled_from((0.0, 0.01, 0.5)))
def test_ve2_gradient(kind, data, regularized, contamination):
    """Of F at the mixture of this step, held; regularisers through it [VE4]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model, damping = energy_model(problem, regularized), data.draw(st.sampled_from((0.0, 0.3, 1.0)))
    model = model._replace(contamination=contamination)
    value, evaluation, slopes = one_image.loss_and_gradient(*arguments(problem), model, damping)
    held = arguments(problem)[:2], evaluation.mixture, problem.weights, problem.floor

    def of_theta(theta):
        (_, image), mixture, weights, floor = held
        return one_image.loss(theta, image, mixture, weights, floor, model, 0.0)[0]

    close(of_theta(problem.parameters), value)
    slopes = tree_map(lambda _, leaf: leaf, problem.parameters, slopes)
    check_gradient(of_theta, problem.parameters, slopes, data.draw(problems.generators))


@every_type
@given(data=st.data())
def test_ve2_at_the_logits(kind, data):
    """(w/N) q (g − Σ q g), g = log q − log π − log N: [VE2] through the softmax."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    _, evaluation, gradient = one_image.loss_and_gradient(*arguments(problem), energy_model(problem), 0.0)
    q, mixture = evaluation.proportions, problem.previous
    densities = gaussian.log_density(columns(problem.image), mixture.means, mixture.covariances, kind)
    ve2 = np.log(q) - np.log(mixture.proportions)[:, None, None] - densities.reshape(q.shape) + 1
    _, softmax = layers.softmax(unet(problem.parameters, problem.image, problem.config)[0])
    _, pullback = unet(problem.parameters, problem.image, problem.config)
    share = problem.weights / problem.weights.sum()
    expected, _ = pullback(softmax(share * ve2))
    apart, _ = pullback(share * q * np.abs(ve2))  # what the softmax subtracts
    close(flat(gradient), flat(expected), scale=np.abs(flat(apart)).max())


@every_type
@given(data=st.data())
def test_ve_loss_is_f_of_the_damped_mixture(kind, data):
    """[VE1]."""
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    model, damping = energy_model(problem), data.draw(st.floats(0, 1))
    loss, evaluation = one_image.loss(*arguments(problem), model, damping)
    pixels, w, q = columns(problem.image), problem.weights.ravel(), columns(evaluation.proportions)
    found = gmm.m_step(pixels, q, w, problem.floor, problem.previous, kind)[0]
    close(evaluation.mixture, gaussian.blend(problem.previous, found, damping, kind))
    expected = objectives.free_energy_of(q, evaluation.mixture, pixels, w, kind)
    assert loss == evaluation.value
    close(loss, expected)


@given(data=st.data(), every=st.integers(0, 3), damping=st.sampled_from((0.0, 0.4, 1.0)))
def test_ve_fit_makes_an_m_step_after_so_many_steps(data, every, damping):
    """[VE3]."""
    problem = data.draw(problems.deep_mixtures.deep_problems("diag"))
    optimization = Optimization(
        learning_rate=1e-3, tol=-1.0, max_steps=6, m_step_every=every, m_step_damping=damping
    )
    fit = one_image.fit(
        problem.image,
        problem.parameters,
        problem.weights,
        model=energy_model(problem),
        optimization=optimization,
        mixture=problem.previous,
    )
    state = one_image.begin(
        problem.parameters, problem.image, problem.weights, problem.floor, energy_model(problem)
    )
    state, history = state._replace(mixture=problem.previous), []
    for t in range(6):
        due = every > 0 and t > 0 and t % every == 0
        given = (
            state.parameters,
            problem.image,
            state.mixture,
            problem.weights,
            problem.floor,
            energy_model(problem),
        )
        expected = one_image.loss(*given, damping if due else 0.0)[1]
        if not due:
            close(expected.mixture, state.mixture)
        state, evaluation = one_image.step(
            state, problem.image, problem.weights, problem.floor, energy_model(problem), optimization
        )
        close(evaluation.mixture, expected.mixture, 0)
        history.append(evaluation.value)
    close(fit.history, np.array(history), FEW_STEPS)
    close(fit.mixture, evaluation.mixture, FEW_STEPS)
    assert fit.status is Status.max_steps
    if every == 0 or damping == 0:
        close(fit.mixture, problem.previous)


def test_ve_descent_lowers_f_towards_the_nll():
    """With the mixture kept, F falls towards its bound, the NLL of that mixture [VE1]."""
    rng = np.random.default_rng(5)
    problem = drawing.draw_image(rng, 2, 3, 16, 16)
    config = problems.networks.CONFIGS[1]
    parameters = drawing.draw_parameters(rng, 2, 3, config)
    start = gmm.fit(
        columns(problem), one_image.gaussian.global_mixture(columns(problem), np.ones(256), np.zeros(2), 3)
    )
    mixture = start.mixture._replace(means=columns(problem)[:, [8, 120, 250]].T)
    fit = one_image.fit(
        problem,
        parameters,
        model=DeepModel(unet=config, objective="free_energy"),
        optimization=Optimization(learning_rate=1e-2, tol=0.0, max_steps=60, m_step_every=0),
        mixture=mixture,
    )
    bound = gmm.nll(columns(problem), mixture, np.ones(256))
    assert bound <= fit.value
    assert fit.value - bound < 0.5 * (fit.history[0] - bound)


def test_ve_refuses():
    rng = np.random.default_rng(6)
    config = problems.networks.CONFIGS[0]
    image, parameters = drawing.draw_image(rng, 2, 3, 8, 8), drawing.draw_parameters(rng, 2, 3, config)
    mixture = drawing.draw_mixture(rng, 2, 3, 2.0, 2.0, "diag")
    fit = partial(one_image.fit, image, parameters)
    energy = DeepModel(unet=config, objective="free_energy")
    for options, message in (
        ({"model": energy}, "needs a mixture to start from"),
        ({"model": energy._replace(objective="entropy"), "mixture": mixture}, "objective must be one of"),
        (
            {"model": energy, "mixture": Mixture._make(a[:2] for a in mixture)},
            "the mixture has 2 classes, the network 3",
        ),
        ({"model": energy._replace(covariance_type="full"), "mixture": mixture}, "covariances of the start"),
        (
            {"model": energy._replace(m_step_gradient="held", m_step_weights="posterior"), "mixture": mixture},
            "leave m_step_weights out",
        ),
        ({"model": energy._replace(contamination=1.0), "mixture": mixture}, "contamination must be at least 0"),
        ({"model": DeepModel(unet=config, contamination=0.1)}, "contamination is for objective"),
        (
            {"model": energy, "mixture": mixture, "optimization": Optimization(m_step_damping=1.5)},
            "m_step_damping must be from 0 to 1",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            fit(**options)
