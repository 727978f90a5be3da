"""Both backends: matrices, proximal maps, penalties and their derivatives, wavelets, the Wiener filter."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.reference.inverse.records import H1, L1, Box, IsotropicVariation
from tests.problems import generators
from tests.problems.inverse import PENALTIES, draw_array, matrices
from tests.tolerances import FUNCTION, GRADIENT, assert_agree, rounded, tolerance

# Complex numbers in double precision, real ones in single: every program compiles anew.
IN_BOTH_DTYPES = pytest.mark.parametrize(
    ("dtype", "is_complex"), [(np.float64, True), (np.float32, False)], ids=["complex128", "float32"]
)
few = settings(max_examples=4)


def check(module: str, function: str, dtype: type, name: str, *arguments, exact=FUNCTION, **options) -> None:
    """A function of both backends, on the same numbers."""
    low, high = rounded(arguments, dtype)
    expected = getattr(getattr(reference.inverse, module), function)(*high, **options)
    found = compiled(module, function, tuple(options.items()))(*low)
    assert_agree(found, expected, tolerance(name, dtype, exact), dtype)


@cache
def compiled(module: str, function: str, options: tuple):
    """One program is compiled faster than its parts."""
    return jax.jit(partial(getattr(getattr(accelerated.inverse, module), function), **dict(options)))


@IN_BOTH_DTYPES
@few
@given(data=st.data(), value=st.floats(0.2, 2))
def test_matrices(dtype, is_complex, data, value):
    matrix = data.draw(matrices((5, 4), deficient=False))
    matrix = matrix if is_complex else matrix.real
    rng = data.draw(generators)
    values = draw_array(rng, (5,), is_complex)
    if not is_complex and np.linalg.cond(matrix) > 30:
        return
    for name in ("singular_values", "condition", "range_projection"):
        check("linear", name, dtype, "gram_solve", matrix)
    check("linear", "null_projection", dtype, "gram_solve", matrix.conj().T)
    for name in ("left_inverse", "generalised_inverse"):
        check("linear", name, dtype, "inverse", matrix, exact=1e-9)
    check("linear", "right_inverse", dtype, "inverse", matrix.conj().T, exact=1e-9)
    more = rng.uniform(0.5, 2, 5), draw_array(rng, (5, 4)), draw_array(rng, (4,))
    check("linear", "tikhonov", dtype, "inverse", matrix, values, value, *more, exact=1e-9)
    check("linear", "tikhonov", dtype, "inverse", matrix, values, value, exact=1e-9)
    check(
        "linear",
        "maximum_a_posteriori",
        dtype,
        "inverse",
        matrix,
        values,
        np.eye(5) * 2,
        more[1],
        value,
        exact=1e-9,
    )
    check("strength", "misfit", dtype, "inverse", matrix, values, np.array([0.1, value]), exact=1e-9)
    check("strength", "cross_validation", dtype, "inverse", matrix, values, np.array([0.1, value]), exact=1e-9)
    assert accelerated.inverse.linear.rank(matrix) == reference.inverse.linear.rank(matrix) == 4


@few
@given(data=st.data(), share=st.floats(0.2, 0.8))
def test_ip16_the_strength_from_the_noise(data, share):
    matrix, values = data.draw(matrices((5, 4), deficient=False)), data.draw(generators).normal(size=5)
    least = reference.inverse.strength.misfit(matrix, values, 0.0)
    for target in (least + share * (values @ values - least), 0.9 * least, 1.1 * values @ values):
        check("strength", "discrepancy", np.float64, "inverse", matrix, values, target / 5, exact=1e-6)


@IN_BOTH_DTYPES
@few
@given(rng=generators, step=st.floats(0.1, 1))
def test_proximal_maps(dtype, is_complex, rng, step):
    field = draw_array(rng, (2, 4, 4), is_complex)
    check("proximal", "soft_threshold", dtype, "operator", field, step)
    check("proximal", "project_balls", dtype, "operator", field, step)
    check("proximal", "project_discs", dtype, "operator", field, step)
    check("proximal", "project_box", dtype, "operator", field.real, -step, step)


@IN_BOTH_DTYPES
@pytest.mark.parametrize("name", PENALTIES)
@few
@given(rng=generators, step=st.floats(0.2, 1))
def test_penalties(name, dtype, is_complex, rng, step):
    penalty, image = PENALTIES[name], draw_array(rng, (4, 4), is_complex and name != "Box")
    check("penalties", "value", dtype, "operator", penalty, image)
    check("penalties", "gradient", dtype, "gram_solve", penalty, image)
    check("penalties", "prox", dtype, "trajectory", penalty, image, step, exact=1e-8, tol=-1.0, max_iter=6)


@pytest.mark.parametrize("name", [name for name in PENALTIES if name != "Box"])
@few
@given(rng=generators, is_complex=st.booleans())
def test_ip6_jax_finds_the_same_gradients(name, rng, is_complex):
    """Its are conjugate; where everything is flat they are 0, not NaN."""
    penalty, image = PENALTIES[name], draw_array(rng, (4, 4), is_complex)
    slope = jax.grad(lambda x: accelerated.inverse.penalties.value(penalty, x))
    assert_agree(slope(jnp.asarray(image)).conj(), reference.inverse.penalties.gradient(penalty, image), GRADIENT)
    assert not slope(jnp.zeros_like(jnp.asarray(image))).any()


@few
@given(rng=generators)
def test_ip7_what_exceeds_the_threshold_is_passed_back(rng):
    image, cotangent = draw_array(rng, (4, 4)), draw_array(rng, (4, 4))
    _, pullback = jax.vjp(lambda v: accelerated.inverse.proximal.soft_threshold(v, 0.5), jnp.asarray(image))
    np.testing.assert_allclose(pullback(jnp.asarray(cotangent))[0], np.where(np.abs(image) > 0.5, cotangent, 0))
    for penalty in (L1(), H1(), Box(lower=0.0), IsotropicVariation(eps=0.1)):
        assert np.isfinite(accelerated.inverse.penalties.gradient(penalty, jnp.zeros((3, 3)))).all()


@IN_BOTH_DTYPES
@few
@given(rng=generators, noise=st.floats(0.1, 1))
def test_filters(dtype, is_complex, rng, noise):
    image, kernel = draw_array(rng, (4, 8), is_complex), draw_array(rng, (3, 2), is_complex)
    check("deconvolution", "wiener", dtype, "gram_solve", image, kernel, noise, rng.uniform(0.5, 2, (4, 8)))
    check("deconvolution", "wiener", dtype, "gram_solve", image, kernel, noise, 1.5)
    scaling = reference.inverse.wavelets.daubechies(2, 2)
    for function in ("transform", "inverse", "details"):
        check("wavelets", function, dtype, "operator", image, scaling)
