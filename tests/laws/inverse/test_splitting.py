"""Laws of the primal–dual method [IP10] and of half-quadratic splitting [IP11]."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import duality, half_quadratic, penalties, primal_dual, total_variation
from deepmix.reference.inverse.operators import adjoint, forward
from deepmix.reference.inverse.records import H1, L1, Identity, Matrix
from deepmix.reference.inverse.total_variation import VARIATIONS
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import draw_array, measured

EVERY_VARIATION = pytest.mark.parametrize("variation", VARIATIONS)
few = settings(max_examples=5)
strengths = st.floats(0.05, 1)


@EVERY_VARIATION
@few
@given(rng=generators, strength=strengths, is_complex=st.booleans())
def test_ip10_ip9_of_an_image_itself_it_is_the_denoiser(variation, rng, strength, is_complex):
    v = draw_array(rng, (4, 3), is_complex)
    found = primal_dual.reconstruct(Identity(), v, strength, variation=variation, tol=1e-10, max_iter=2000)
    best = total_variation.denoise(v, strength, variation=variation, tol=1e-11, max_iter=2000)
    close(found.value, best.value, 1e-4)
    close(found.image, best.image, 2e-2, scale=1)  # ½‖x−x*‖² ≤ value − minimum


@few
@given(data=st.data(), strength=strengths)
def test_ip10_no_image_nearby_is_better(data, strength):
    operator, _, values = data.draw(measured("Matrix", True, ("even",)))
    rng = data.draw(generators)
    weights = rng.uniform(0, 2, values.shape)
    found = primal_dual.reconstruct(operator, values, strength, weights, tol=1e-10, max_iter=4000)

    def objective(image):
        misfit = np.sqrt(weights) * (forward(operator, image) - values)
        return 0.5 * np.linalg.norm(misfit) ** 2 + strength * total_variation.value(image)

    close(found.value, objective(found.image))
    for size in (0.01, 0.1, 1):
        assert found.value <= objective(found.image + size * draw_array(rng, found.image.shape, True)) + 1e-5


@given(data=st.data(), strength=strengths, unit=st.floats(1e-3, 1e3))
def test_ip10_steps_do_not_depend_on_units(data, strength, unit):
    """Of data: A, y → cA, cy, W → W/c². Of the image: x → x/c, A → cA, λ → cλ. Of the objective: W, λ → cW, cλ."""
    operator, _, values = data.draw(measured("Matrix", False, ("even",)))
    ones = np.ones(values.shape)
    plain = primal_dual.reconstruct(operator, values, strength, ones, tol=-1, max_iter=5)
    scaled, known = Matrix(rows=unit * operator.rows), {"tol": -1, "max_iter": 5}
    of_data = primal_dual.reconstruct(scaled, unit * values, strength, ones / unit**2, **known)
    of_image = primal_dual.reconstruct(scaled, values, unit * strength, ones, **known)
    of_objective = primal_dual.reconstruct(operator, values, unit * strength, unit * ones, **known)
    close(of_data.image, plain.image, 1e-9)
    close(unit * of_image.image, plain.image, 1e-9)
    close(of_objective.image, plain.image, 1e-9)
    close(of_objective.history, unit * plain.history, 1e-9)
    close(of_objective.gap, unit * plain.gap, 1e-9)


@given(data=st.data(), strength=strengths)
def test_ip10_a_step_is_the_formula(data, strength):
    operator, image, values = data.draw(measured("Matrix", False, ("even",)))
    rng = data.draw(generators)
    weights, start, a = rng.uniform(0.1, 2, values.shape), rng.normal(size=image.shape), 1.7
    first = primal_dual.begin(start, operator, values, weights, strength)
    ahead = rng.normal(size=image.shape)
    state = first._replace(
        ahead=ahead,
        projected_ahead=forward(operator, ahead),
        dual=rng.normal(size=values.shape),
        field=rng.normal(size=(2, *image.shape)),
    )
    found = primal_dual.step(state, operator, values, weights, strength, a)
    s, b = 0.99 / np.sqrt(2), np.sqrt(8)
    p = (state.dual + s * (forward(operator, state.ahead) - values) / a) / (1 + s / (a**2 * weights))
    q = state.field + s * penalties.differences(state.ahead) / b
    q = q / np.maximum(1, np.sqrt((q**2).sum(axis=0)) / (strength * b))
    x = start - s * (adjoint(operator, p) / a + penalties.divergence(q) / b)
    for actual, wanted in ((found.dual, p), (found.field, q), (found.image, x), (found.ahead, 2 * x - start)):
        close(actual, wanted)
    close(found.projected, forward(operator, x))
    close(found.projected_ahead, forward(operator, 2 * x - start))


@few
@given(data=st.data(), strength=strengths)
def test_ip10_nothing_is_negative_where_that_is_asked_for(data, strength):
    operator, _, values = data.draw(measured("Matrix", False, ("even",)))
    found = primal_dual.reconstruct(operator, values, strength, nonnegative=True, tol=1e-9, max_iter=300)
    free = primal_dual.reconstruct(operator, values, strength, tol=1e-9, max_iter=600)
    assert (found.image >= 0).all()
    assert found.value >= free.value - 1e-3


@given(data=st.data(), strength=strengths)
def test_ip10_data_of_weight_0_do_not_count(data, strength):
    operator, _, values = data.draw(measured("Matrix", False, ("even",)))
    weights = np.where(np.arange(len(values)) < 3, 0.0, 1.0)
    junk = np.where(weights > 0, values, np.nan)
    found = primal_dual.reconstruct(operator, junk, strength, weights, tol=-1, max_iter=5)
    rest = Matrix(rows=np.where(weights[:, None, None] > 0, operator.rows, 0))
    assert np.isfinite(found.value)
    size = np.linalg.norm(operator.rows.reshape(len(values), -1), 2)
    u = primal_dual.unit(rest, np.nan_to_num(junk), weights, strength, size)
    posed = rest, np.nan_to_num(junk), weights / u, strength / u
    state = primal_dual.begin(0 * found.image, *posed)
    for _ in range(5):
        state = primal_dual.step(state, *posed, size)
    close(found.image, state.image, 1e-9)
    close(found.gap, u * duality.gap(state, *posed, size), 1e-9)


@pytest.mark.parametrize("penalty", [L1(), H1()], ids=["l1", "h1"])
@few
@given(data=st.data(), strength=strengths)
def test_ip11_with_a_fixed_coupling_it_minimises_with_moreaus_envelope(penalty, data, strength):
    """The split objective never grows; at the limit A*(y−Ax) = μ(x − prox_{(λ/μ)R}(x))."""
    operator, _, values = data.draw(measured("Matrix", False, ("even",)))
    options = {"coupling": 0.8, "growth": 1.0, "tol": 1e-13, "max_iter": 1000}
    found = half_quadratic.reconstruct(operator, values, penalty, strength, **options)
    assert (np.diff(found.history) <= 1e-12 * found.history[0]).all()
    slope = adjoint(operator, values - forward(operator, found.image))
    pull = 0.8 * (found.image - penalties.prox(penalty, found.image, strength / 0.8))
    close(slope, pull, 1e-6, scale=np.abs(values).max())


@few
@given(data=st.data(), strength=strengths)
def test_ip11_as_the_coupling_grows_the_halves_meet(data, strength):
    operator, _, values = data.draw(measured("Fourier", True))
    state = half_quadratic.begin(adjoint(operator, values), operator, values, L1(), strength, 1.0)
    distances = []
    for step in range(40):
        state = half_quadratic.step(state, operator, values, L1(), strength, 1.3)
        close(state.coupling, 1.3 ** (step + 1))
        distances.append(np.linalg.norm(state.image - state.split))
    assert distances[-1] < 1e-2 * max(distances)
