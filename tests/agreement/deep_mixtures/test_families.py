"""Both backends: what the deep methods minimise, with classes of other families of distributions [NG10]."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.reference.deep_mixtures.records import DeepModel
from tests.agreement.mixtures.test_families import in_brief
from tests.problems import generators
from tests.problems.mixtures import family_problems
from tests.tolerances import GRADIENT, assert_agree, assert_tree_agrees, rounded, tolerance

GRID, K = (6, 10), 3
# Objective, gradient of the M-step, damping.
SWITCHES = (
    ("nll_v", "through", 1.0),
    ("nll", "through", 1.0),
    ("nll_v", "held", 1.0),
    ("free_energy", "through", 0.0),
    ("free_energy", "through", 1.0),
)
_COMPILED: dict = {}


def models(family: str, kind: str) -> list[tuple[DeepModel, float]]:
    return [
        (DeepModel(objective=objective, m_step_gradient=gradient, covariance_type=kind, family=family), damping)
        for objective, gradient, damping in SWITCHES
    ]


def compiled(family: str, kind: str):
    """All of them with JAX's gradients at the logits, in one program."""

    def evaluations(logits, *given):
        def of(model, damping):
            def value(z):
                objective = accelerated.deep_mixtures.objectives.OBJECTIVES[model.objective]
                evaluation = objective(z, *given, model, damping)
                return evaluation.value, evaluation

            (_, evaluation), gradient = jax.value_and_grad(value, has_aux=True)(logits)
            return evaluation, gradient

        return [of(*each) for each in models(family, kind)]

    return _COMPILED.setdefault((family, kind), jax.jit(evaluations))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@in_brief("student_shared", "rician", "gamma")
@given(data=st.data())
def test_objectives_and_their_gradients(family, kind, dtype, data):
    """The hand-written pullbacks against JAX's derivative."""
    problem = data.draw(family_problems(family, kind, shape=(2, K, 60)))
    logits = data.draw(generators).normal(0, 2, (K, *GRID))
    image, weights = problem.pixels.reshape(2, *GRID), problem.weights.reshape(GRID)
    low, high = rounded((logits, image, problem.start, weights, problem.floor), dtype)
    found = compiled(family, kind)(*low)
    for (evaluation, gradient), (model, damping) in zip(found, models(family, kind), strict=True):
        objective = reference.deep_mixtures.objectives.OBJECTIVES[model.objective]
        expected, slopes = objective(*high, model, damping)
        bound = tolerance("family_m_step", dtype, 1e-9)  # densities of the parameters of an M-step
        assert_agree(evaluation, expected, bound, dtype)
        exact = tolerance("gradient", dtype, GRADIENT)
        assert_tree_agrees(gradient, slopes, exact, dtype, at_least=0.0 if dtype == np.float64 else 1.0)
