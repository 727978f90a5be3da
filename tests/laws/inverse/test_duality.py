"""Laws of the duality gap of the primal–dual method [IP10]."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import duality, operators, primal_dual
from deepmix.reference.inverse.records import Gradient, Identity
from deepmix.reference.inverse.total_variation import VARIATIONS
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import draw_array, measured

few = settings(max_examples=5)
strengths = st.floats(0.05, 1)
STEPS = (1, 3, 10, 30, 100, 1000)


def gaps(operator, values, strength, weights, start, variation="isotropic", nonnegative=False):
    """The objective and the gap after some numbers of steps."""
    given = operator, values, weights, strength
    size = operators.norm(operator, start)
    state, found = primal_dual.begin(start, *given, variation), []
    for step in range(1, STEPS[-1] + 1):
        state = primal_dual.step(state, *given, size, variation, nonnegative)
        if step in STEPS:
            found.append((state.value, duality.gap(state, *given, size, variation, nonnegative)))
    return np.array(found).T


@few
@given(
    data=st.data(),
    strength=strengths,
    variation=st.sampled_from(VARIATIONS),
    kind=st.sampled_from(["complex", "real", "not negative"]),
)
def test_ip10_the_gap_bounds_the_distance_to_the_minimum_and_closes(data, strength, variation, kind):
    operator, image, values = data.draw(measured("Matrix", kind == "complex", ("even",)))
    weights = data.draw(generators).uniform(0, 2, values.shape) * (np.arange(len(values)) > 1)
    options = {"variation": variation, "nonnegative": kind == "not negative"}
    value, gap = gaps(operator, values, strength, weights, 0 * image, **options)
    best = primal_dual.reconstruct(operator, values, strength, weights, tol=-1, max_iter=3000, **options).value
    scale = value[0]
    assert (gap >= -1e-12 * scale).all()
    assert (gap >= value - best - 1e-12 * scale).all()
    assert gap[-1] < 1e-2 * scale
    assert gap[-1] < 0.1 * gap[0]


@pytest.mark.parametrize("nonnegative", [False, True])
def test_ip10_a_gap_without_constants_is_a_bound_all_the_same(nonnegative):
    """∇ does not see a constant: its dual variables cannot be put right by one."""
    rng = np.random.default_rng(0)
    values, weights = draw_array(rng, (2, 4, 5)), np.ones((2, 4, 5))
    value, gap = gaps(Gradient(), values, 0.2, weights, np.zeros((4, 5)), nonnegative=nonnegative)
    assert (gap >= value - value[-1] - 1e-9).all()
    assert gap[-1] < (0.3 if nonnegative else 1e-6) * gap[0]


@given(rng=generators, strength=strengths)
def test_ip10_a_gap_of_an_image_itself_bounds_its_error(rng, strength):
    """½‖x−x*‖² ≤ value − minimum ≤ gap, the objective being strongly convex."""
    v = draw_array(rng, (4, 3))
    best = primal_dual.reconstruct(Identity(), v, strength, tol=-1, max_iter=2000).image
    state, ones = primal_dual.begin(0 * v, Identity(), v, np.ones(v.shape), strength), np.ones(v.shape)
    for _ in range(5):
        state = primal_dual.step(state, Identity(), v, ones, strength, 1.0)
    gap = duality.gap(state, Identity(), v, ones, strength, 1.0)
    assert 0.5 * np.linalg.norm(state.image - best) ** 2 <= gap + 1e-9


@given(data=st.data(), strength=strengths, unit=st.floats(1e-3, 1e3))
def test_ip10_the_gap_has_the_unit_of_the_objective(data, strength, unit):
    operator, image, values = data.draw(measured("Matrix", False, ("even",)))
    weights, size = np.ones(values.shape), operators.norm(operator, image)
    state = primal_dual.begin(0 * image, operator, values, weights, strength)
    for _ in range(3):
        state = primal_dual.step(state, operator, values, weights, strength, size)
    scaled = state._replace(value=unit * state.value, dual=unit * state.dual, field=unit * state.field)
    gap = duality.gap(state, operator, values, weights, strength, size)
    close(duality.gap(scaled, operator, values, unit * weights, unit * strength, size), unit * gap, 1e-9)
