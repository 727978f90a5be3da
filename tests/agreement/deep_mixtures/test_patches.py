"""Both backends: Algorithm 3 in patches [DG7]."""

import numpy as np
import pytest

from deepmix import accelerated, reference
from deepmix.conformance.drawing import draw_responsibilities
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig
from tests.problems.deep_mixtures import draw_deep_problem
from tests.tolerances import TRAJECTORY, assert_agree, assert_tree_agrees

IMAGES = {
    "image": ((2, 3, 10, 13), UNetConfig(depth=1, filters=3), (4, 6)),
    "volume": ((2, 3, 8, 9, 3), UNetConfig(depth=1, filters=2, spacing=(1.0, 1.0, 3.0)), (4, 4, 2)),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_sweeps_and_warm_start(kind):
    shape, config, size = IMAGES[kind]
    rng = np.random.default_rng(3)
    problem = draw_deep_problem(rng, shape, config, "full")
    model = DeepModel(unet=config, objective="free_energy", covariance_type="full", contamination=0.01)
    steps = Optimization(learning_rate=1e-3, tol=0.0, max_steps=4, m_step_every=2, m_step_damping=0.3)
    target = draw_responsibilities(rng, 3, problem.weights.size).reshape(3, *problem.weights.shape)
    given = problem.image, problem.parameters, target, problem.weights
    warm, expected = (
        backend.deep_mixtures.patches.warm_start(*given, size=size, n_sweeps=2, config=config, optimization=steps)
        for backend in (accelerated, reference)
    )
    assert_tree_agrees(warm, expected, TRAJECTORY)
    calls = []
    options = {"size": size, "model": model, "optimization": steps, "mixture": problem.previous}
    actual, expected = (
        backend.deep_mixtures.patches.fit(
            problem.image,
            problem.parameters,
            problem.weights,
            **options,
            progress=lambda *told: calls.append(told),
        )
        for backend in (accelerated, reference)
    )
    assert_agree(actual._replace(parameters=0), expected._replace(parameters=0), TRAJECTORY)
    assert_tree_agrees(actual.parameters, expected.parameters, TRAJECTORY)
    half = len(calls) // 2
    assert [done for done, _ in calls[:half]] == [done for done, _ in calls[half:]] == list(range(1, half + 1))
    np.testing.assert_allclose(
        [value for _, value in calls[:half]], [value for _, value in calls[half:]], rtol=1e-6
    )


def test_other_numbers_take_the_same_program():
    """Patches are of one size: a step is compiled once for all of them, and for every volume."""
    shape, config, size = IMAGES["image"]
    problem = draw_deep_problem(np.random.default_rng(4), shape, config, "diag", "ones")
    traced: list[int] = []

    def counted(proportions, mixture, image, mask):
        traced.append(0)
        return accelerated.deep_mixtures.regularizers.total_variation(proportions, mixture, image, mask)

    def fit(strength: float):
        model = DeepModel(unet=config, objective="free_energy", regularizers=((counted, strength),))
        options = {"model": model, "optimization": Optimization(max_steps=2), "mixture": problem.previous}
        return accelerated.deep_mixtures.patches.fit(problem.image, problem.parameters, size=size, **options)

    fit(0.1)
    once = len(traced)
    fit(0.2)
    assert len(traced) == once > 0
