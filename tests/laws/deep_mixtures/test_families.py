"""Laws of what the deep methods minimise, with classes of other families of distributions [NG10]."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.deep_mixtures import objectives, one_image
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.families import FAMILIES
from deepmix.reference.mixtures.forms import FORMS
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Status
from tests import problems
from tests.laws.helpers import check_gradient, close
from tests.problems.mixtures import FAMILY_KINDS, FamilyProblem

every_kind = pytest.mark.parametrize(("family", "kind"), FAMILY_KINDS)
GRID, K = (6, 10), 3


def given_of(problem: FamilyProblem) -> tuple:
    """The arguments of an objective after the logits."""
    image, weights = problem.pixels.reshape(-1, *GRID), problem.weights.reshape(GRID)
    return image, problem.start, weights, problem.floor


def some_logits(data) -> np.ndarray:
    return data.draw(problems.generators).normal(0, 2, (K, *GRID))


def parameters_of_step(problem: FamilyProblem, logits: np.ndarray):
    """The mixture that the M-step makes of Π."""
    proportions = np.exp(logits - logits.max(axis=0)).reshape(K, -1)
    proportions = proportions / proportions.sum(axis=0)
    around = problem.weights, problem.floor, problem.start, problem.covariance_type
    return FAMILIES[problem.family].estimate(problem.pixels, proportions, *around)[0]


@pytest.mark.parametrize("objective", ["nll_v", "nll"])
@every_kind
@given(data=st.data())
def test_dg4_ng10_gradient_through_the_m_step(objective, family, kind, data):
    """Of the value at the M-step of Π; ν of a Student constant, so that here it is held by the family."""
    fixed = "student_fixed" if family.startswith("student") else family
    problem = data.draw(problems.mixtures.family_problems(fixed, kind, shape=(2, K, 60)))
    model = DeepModel(objective=objective, covariance_type=kind, family=fixed)
    logits, function = some_logits(data), partial(objectives.OBJECTIVES[objective], model=model)
    evaluation, gradient = function(logits, *given_of(problem))
    assert type(evaluation.mixture) is FORMS[fixed].record
    close(evaluation.mixture[1:], parameters_of_step(problem, logits)[1:])
    check_gradient(
        lambda z: function(z, *given_of(problem))[0].value, logits, gradient, data.draw(problems.generators)
    )


@pytest.mark.parametrize("objective", ["nll_v", "nll"])
@every_kind
@given(data=st.data())
def test_dg4_gradient_with_the_parameters_held(objective, family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind, shape=(2, K, 60)))
    model = DeepModel(objective=objective, covariance_type=kind, family=family, m_step_gradient="held")
    logits, function = some_logits(data), objectives.OBJECTIVES[objective]
    evaluation, gradient = function(logits, *given_of(problem), model)
    densities = FAMILIES[family].log_density(problem.pixels, evaluation.mixture, kind)

    def value(z: np.ndarray) -> float:
        flat = z.reshape(K, -1)
        log_proportions = flat - np.logaddexp.reduce(flat, axis=0)
        if objective == "nll":
            mean = np.exp(log_proportions) @ problem.weights / problem.weights.sum()
            log_proportions = np.log(mean)[:, None]
        likelihood = np.logaddexp.reduce(log_proportions + densities, axis=0)
        return -likelihood @ problem.weights / problem.weights.sum()

    close(value(logits), evaluation.value)
    check_gradient(value, logits, gradient, data.draw(problems.generators))


@pytest.mark.parametrize("damping", [0.0, 1.0])
@every_kind
@given(data=st.data())
def test_ve2_ve3_gradient_of_the_free_energy(damping, family, kind, data):
    """Of F at the mixture of this step, held: the one before, or the M-step's."""
    problem = data.draw(problems.mixtures.family_problems(family, kind, shape=(2, K, 60)))
    model = DeepModel(objective="free_energy", covariance_type=kind, family=family, contamination=0.01)
    logits, (image, previous, weights, floor) = some_logits(data), given_of(problem)
    evaluation, gradient = objectives.free_energy(logits, image, previous, weights, floor, model, damping)
    expected = previous if damping == 0 else parameters_of_step(problem, logits)
    close(evaluation.mixture[1:], expected[1:])

    def value(z: np.ndarray) -> float:
        held = objectives.free_energy(z, image, evaluation.mixture, weights, floor, model, 0.0)
        return held[0].value

    close(value(logits), evaluation.value)
    check_gradient(value, logits, gradient, data.draw(problems.generators))
    q, flat = evaluation.proportions.reshape(K, -1), (problem.pixels, problem.weights)
    assert evaluation.value == objectives.free_energy_of(q, evaluation.mixture, *flat, kind, 0.01, family)


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
@every_kind
def test_dg_a_network_fits_classes_of_every_family(objective, family, kind):
    """[DG1], [DG2], [DG3]: the loop runs, and lowers the loss of its own M-step."""
    rng = np.random.default_rng(3)
    start = draw_of_family(rng, family, 2, K, kind)
    image = draw_values(rng, family, start, 64, kind).reshape(2, 8, 8)
    config = UNetConfig(depth=1, filters=2)
    fit = one_image.fit(
        image,
        unet_parameters(2, K, config, seed=1),
        model=DeepModel(unet=config, objective=objective, covariance_type=kind, family=family),
        optimization=Optimization(learning_rate=1e-2, tol=-1.0, max_steps=12, m_step_every=4, m_step_damping=1.0),
        mixture=start,
    )
    assert type(fit.mixture) is FORMS[family].record
    assert fit.status is Status.max_steps
    assert np.isfinite(fit.history).all()
    assert fit.history[-1] < fit.history[1]


def test_dg_refuses_what_other_families_do_not_know():
    rng = np.random.default_rng(3)
    start = draw_of_family(rng, "gamma", 2, K)
    image = draw_values(rng, "gamma", start, 64).reshape(2, 8, 8)
    config = UNetConfig(depth=1, filters=2)
    parameters, model = unet_parameters(2, K, config, seed=1), DeepModel(unet=config, family="gamma")
    fit = partial(one_image.fit, image, parameters, mixture=start)
    with pytest.raises(ValueError, match="m_step_damping is 0 or 1"):
        fit(model=model._replace(objective="free_energy"), optimization=Optimization(m_step_damping=0.5))
    with pytest.raises(ValueError, match="family must be one of"):
        fit(model=model._replace(family="laplace"))
    with pytest.raises(ValueError, match="covariance_type must be diag"):
        fit(model=model._replace(covariance_type="full"))
    with pytest.raises(ValueError, match="needs a Rician"):
        fit(model=model._replace(family="rician"))
    with pytest.raises(ValueError, match="not greater than 0"):
        one_image.fit(image - 100, parameters, model=model)
