"""Laws of projections and proximal maps [IP7], of the penalties [IP6] and their gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import finite_differences, penalties, proximal, wavelets
from deepmix.reference.inverse.records import H1, L1, AnisotropicVariation, Box, IsotropicVariation, WaveletL1
from tests.laws.helpers import check_gradient, close
from tests.problems import generators
from tests.problems.inverse import PENALTIES, draw_array

EVERY = pytest.mark.parametrize("name", PENALTIES)
EXACT = {"max_iter": 400, "tol": 1e-10}
few = settings(max_examples=5)
steps = st.floats(0.05, 2)


def image_of(rng, name, is_complex=False):
    return draw_array(rng, (4, 2), is_complex and name != "Box")


@EVERY
@few
@given(rng=generators, step=steps, is_complex=st.booleans())
def test_ip7_a_proximal_map_is_a_minimum(name, rng, step, is_complex):
    """No step away from it, small or large, is better."""
    penalty, v = PENALTIES[name], image_of(rng, name, is_complex)
    found = penalties.prox(penalty, v, step, **EXACT)

    def cost(u):
        return 0.5 * np.linalg.norm(u - v) ** 2 + step * penalties.value(penalty, u)

    for size in (1e-3, 0.1, 1, 1):
        away = found + size * draw_array(rng, v.shape, np.iscomplexobj(v))
        assert cost(found) <= cost(away) + 1e-8


@EVERY
@few
@given(rng=generators, step=steps, is_complex=st.booleans())
def test_ip7_a_proximal_map_is_firmly_non_expansive(name, rng, step, is_complex):
    """‖Pu − Pv‖² ≤ Re⟨Pu − Pv, u − v⟩."""
    u, v = (image_of(rng, name, is_complex) for _ in range(2))
    moved = penalties.prox(PENALTIES[name], u, step, **EXACT) - penalties.prox(PENALTIES[name], v, step, **EXACT)
    assert np.linalg.norm(moved) ** 2 <= np.vdot(moved, u - v).real + 1e-4


@given(rng=generators, step=steps, is_complex=st.booleans())
def test_ip7_moreau(rng, step, is_complex):
    """v = prox_g(v) + prox_{g*}(v): the conjugate of τ|·| is the indicator of the disc of radius τ."""
    v = draw_array(rng, (3, 4), is_complex)
    close(proximal.soft_threshold(v, step) + proximal.project_discs(v, step), v)


@given(rng=generators, radius=st.just(0.0) | st.floats(1e-3, 2))
def test_ip7_projections_are_idempotent_and_reach_the_set(rng, radius):
    field = draw_array(rng, (2, 3, 4), is_complex=True)
    balls, discs = proximal.project_balls(field, radius), proximal.project_discs(field, radius)
    assert (np.linalg.norm(balls, axis=0) <= radius * (1 + 1e-12)).all()
    assert (np.abs(discs) <= radius * (1 + 1e-12)).all()
    close(proximal.project_balls(balls, radius), balls, scale=1)
    close(proximal.project_discs(discs, radius), discs, scale=1)
    box = proximal.project_box(field.real, -radius, radius)
    close(proximal.project_box(box, -radius, radius), box, scale=1)
    close(box, discs_of_real := proximal.project_discs(field.real, radius), scale=1)
    assert discs_of_real.dtype == float
    inside = 0.9 * field / max(np.abs(field).max(), 1e-9) * radius / np.sqrt(2)
    np.testing.assert_array_equal(proximal.project_balls(inside, radius), inside)


@given(v=st.floats(-4, 4), step=steps)
def test_ip7_soft_thresholding_by_brute_force(v, step):
    grid = np.linspace(-5, 5, 200001)
    best = grid[(0.5 * (grid - v) ** 2 + step * np.abs(grid)).argmin()]
    assert abs(proximal.soft_threshold(np.array(v), step) - best) < 1e-4


def test_ip7_nothing_is_left_of_what_does_not_exceed_the_threshold():
    array = np.array([0, 0.5, 1, -1, 3j])
    close(proximal.soft_threshold(array, 1.0), np.array([0, 0, 0, 0, 2j]))
    assert not proximal.project_balls(np.zeros((2, 3)), 0.0).any()


def test_ip7_nothing_is_divided_by_the_size_of_a_zero():
    with np.errstate(all="raise"):
        for threshold in (0.0, 1.0):
            array = np.array([0, 2.0])
            close(proximal.soft_threshold(array, threshold), np.array([0, 2 - threshold]))
            close(proximal.project_discs(array, threshold), np.array([0, threshold]))


def test_ip6_values_by_hand():
    image = np.array([[0.0, 3], [4, 4]])  # differences: down 4 and 1, right 3 and 0
    known = [
        (L1(), 11),
        (IsotropicVariation(), 5 + 1),
        (AnisotropicVariation(), 4 + 1 + 3),
        (IsotropicVariation(eps=12.0), 13 + np.sqrt(145) + 12 + 12),
        (H1(), 0.5 * (16 + 1 + 9)),
        (Box(lower=0.0), 0),
        (Box(lower=0.5), np.inf),
        (Box(upper=3.0), np.inf),
    ]
    for penalty, expected in known:
        assert penalties.value(penalty, image) == pytest.approx(expected), penalty
    haar = WaveletL1(scaling=wavelets.daubechies(1, 1))  # sums and differences, halved
    assert penalties.value(haar, image) == pytest.approx(abs(3 + 0) / 2 + abs(4 + 1) / 2 + 3 / 2)


@EVERY
@given(rng=generators)
def test_ip6_gradients(name, rng):
    """Away from kinks; where everything is flat they are 0, and no NaN."""
    penalty, image = PENALTIES[name], np.clip(draw_array(rng, (4, 2)), -3, 3)
    check_gradient(lambda x: penalties.value(penalty, x), image, penalties.gradient(penalty, image), rng)
    flat = np.zeros((4, 2)) + (name not in ("L1", "WaveletL1", "SparsePatches"))
    np.testing.assert_allclose(penalties.gradient(penalty, flat), 0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in PENALTIES if name != "Box"])
@given(rng=generators)
def test_ip6_complex_gradients_point_upwards(name, rng):
    """∂/∂Re + i ∂/∂Im: the derivative along d is Re⟨∇R, d⟩."""
    penalty, image, along = PENALTIES[name], draw_array(rng, (4, 2), True), draw_array(rng, (4, 2), True)
    slope = np.vdot(penalties.gradient(penalty, image), along).real
    check_gradient(lambda t: penalties.value(penalty, image + t[0] * along), np.zeros(1), np.array([slope]), rng)


@given(rng=generators, step=steps)
def test_ip6_the_smooth_penalty_is_a_linear_filter(rng, step):
    v = draw_array(rng, (4, 2))
    found = penalties.prox(H1(), v, step, **EXACT)
    close(found + step * finite_differences.adjoint(finite_differences.gradient(found)), v, 1e-8)


def test_ip6_what_is_no_penalty_is_refused():
    with pytest.raises(LookupError, match="str is no penalty"):
        penalties.value("l1", np.zeros(3))
