"""What every solver promises, in both backends: one record, one history, one stopping rule, one way to refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.conformance.drawing_inverse import draw_array, draw_mask
from deepmix.reference.inverse.records import Fourier, LinearMap, Matrix
from deepmix.reference.inverse.solutions import Solution
from deepmix.reference.types import Status
from tests.agreement.inverse.solvers import draw, every_solver, solve
from tests.problems import generators
from tests.tolerances import TRAJECTORY, assert_agree, rounded, tolerance

N_STEPS = 6
few = settings(max_examples=3)
BACKENDS = pytest.mark.parametrize("backend", [reference, accelerated], ids=["reference", "accelerated"])
IN_BOTH_DTYPES = pytest.mark.parametrize(
    ("dtype", "is_complex"), [(np.float64, True), (np.float32, False)], ids=["complex128", "float32"]
)


def same(actual, expected, tol, dtype=np.float64) -> None:
    assert actual.status is expected.status
    assert (actual.iterations, bool(actual.degenerate)) == (expected.iterations, bool(expected.degenerate))
    for name in ("value", "history", "image", "gap"):
        assert_agree(getattr(actual, name), getattr(expected, name), tol, dtype)


@every_solver()
@IN_BOTH_DTYPES
@few
@given(rng=generators)
def test_the_solution_is_that_of_the_reference(row, dtype, is_complex, rng):
    low, high = rounded(draw(rng, row, is_complex), dtype)
    options = {"tol": -1.0, "max_iter": N_STEPS}
    actual, expected = solve(accelerated, row, *low, **options), solve(reference, row, *high, **options)
    same(actual, expected, tolerance("trajectory", dtype, TRAJECTORY), dtype)
    assert expected._fields[:4] == ("value", "history", "status", "degenerate")
    assert len(expected.history) == N_STEPS + 1
    assert expected.value == expected.history[-1]
    assert expected.status is Status.max_steps


@every_solver("weights")
@few
@given(rng=generators)
def test_data_of_weight_0_may_be_anything(row, rng):
    operator, data = draw(rng, row, False)
    weights = rng.uniform(0.5, 2, data.shape)
    weights[:3] = 0
    soiled = np.array(data)
    soiled[:3] = np.nan, np.inf, 1e300
    for backend in (reference, accelerated):
        options = {"weights": weights, "tol": -1.0, "max_iter": N_STEPS}
        same(*(solve(backend, row, operator, each, **options) for each in (soiled, data)), TRAJECTORY)


@every_solver()
def test_it_has_converged_as_soon_as_tol_allows_it(row):
    given = draw(np.random.default_rng(0), row, False)
    for backend in (reference, accelerated):
        found = solve(backend, row, *given, tol=1e9, max_iter=N_STEPS)
        assert found.status is Status.converged
        assert found.iterations == 1
        still = solve(backend, row, *given, max_iter=0)
        assert (still.status, int(still.iterations), len(still.history)) == (Status.max_steps, 0, 1)


@every_solver("operators")
def test_nothing_measured(row):
    operator, data = draw(np.random.default_rng(0), row, False)
    for backend in (reference, accelerated):
        found = solve(backend, row, operator, 0 * data, max_iter=N_STEPS)
        assert found.degenerate
        assert not np.any(found.image)


@every_solver("operators")
def test_what_overflows_ends_with_the_last_finite_image(row):
    operator, data = draw(np.random.default_rng(0), row, False)
    huge = 1e200 * data
    for backend in (reference, accelerated):
        with np.errstate(all="ignore"):
            found = solve(backend, row, operator, huge, max_iter=N_STEPS)
        assert found.status is Status.non_finite
        assert not np.isfinite(found.history[-1])
        assert np.isfinite(found.image).all()


@every_solver()
def test_compiled_is_as_not_compiled(row):
    given = draw(np.random.default_rng(1), row, False)
    compiled = solve(accelerated, row, *given, tol=-1.0, max_iter=2)
    with jax.disable_jit():
        same(solve(accelerated, row, *given, tol=-1.0, max_iter=2), compiled, TRAJECTORY)


@every_solver()
@few
@given(rng=generators)
def test_arguments_are_left_as_they_are_and_masks_may_be_booleans(row, rng):
    """They are read-only besides: whoever writes to one raises."""
    operator, data = Fourier(mask=draw_mask(rng, (4, 4))), draw_array(rng, (4, 4), True)
    before = np.array(data)
    flags = operator._replace(mask=operator.mask > 0)
    for backend in (reference, accelerated):
        found = [solve(backend, row, each, data, tol=-1.0, max_iter=2).image for each in (operator, flags)]
        np.testing.assert_allclose(*found, atol=1e-12)
    np.testing.assert_array_equal(data, before)


def spoilt(data: np.ndarray) -> np.ndarray:
    found = np.array(data)
    found.flat[[2, 5]] = np.nan, np.inf
    return found


# What is made of the data, other options, and the words of the refusal.
BAD = {
    "nan": (spoilt, {}, "2 of .* NaN or infinite"),
    "length": (lambda data: data[:-1], {}, r"\(19,\) do not match .* Matrix\(rows \(20, 4, 4\)"),
    "masked": (lambda data: np.ma.masked_array(data, data > 0), {}, "masked array"),
    "start": (np.array, {"start": np.zeros(3)}, r"start of shape \(3,\) .* \(4, 4\)"),
    "bad_start": (np.array, {"start": np.full((4, 4), np.nan)}, "start: 16 of 16"),
}


@pytest.mark.parametrize("bad", BAD)
@every_solver("operators")
def test_bad_data_are_refused_in_the_same_words(row, bad):
    spoil, options, message = BAD[bad]
    operator, data = draw(np.random.default_rng(0), row, False)
    said = []
    for backend in (reference, accelerated):
        with pytest.raises(ValueError, match=message) as raised:
            solve(backend, row, operator, spoil(data), **options)
        said.append(str(raised.value))
    assert said[0] == said[1]


@BACKENDS
@every_solver("weights")
def test_bad_weights_are_refused(backend, row):
    operator, data = draw(np.random.default_rng(0), row, False)
    for weights, message in (
        (np.ones(19), r"weights of shape \(19,\) do not match data of shape \(20,\)"),
        (-np.ones(20), "finite and not negative"),
        (np.full(20, np.nan), "finite and not negative"),
    ):
        with pytest.raises(ValueError, match=message):
            solve(backend, row, operator, data, weights=weights)


@BACKENDS
@every_solver()
def test_a_strength_that_is_none_is_refused(backend, row):
    given = draw(np.random.default_rng(0), row, False)
    for strength in (-1.0, np.nan, np.inf):
        *rest, _ = (*row.more, None) if row.variant == "plain" and not row.more else row.more
        with pytest.raises(ValueError, match="strength must be"):
            solve(backend, row._replace(more=(*rest, strength)), *given)


@BACKENDS
def test_an_operator_that_nobody_knows(backend):
    with pytest.raises(LookupError, match="ndarray is no operator"):
        backend.inverse.least_squares.reconstruct(np.eye(3), np.zeros(3))
    with pytest.raises(LookupError, match="Solution is no operator"):
        backend.inverse.least_squares.reconstruct(Solution._make(range(7)), np.zeros(3))


@few
@given(rng=generators, scale=st.floats(0.5, 2))
def test_numbers_are_traced(rng, scale):
    """Another strength, tolerance or operator of the same shape compiles nothing."""
    operator, data = Matrix(rows=rng.normal(size=(5, 2, 2))), rng.normal(size=5)
    solve = accelerated.inverse.primal_dual.reconstruct
    solve(operator, data, 0.1, max_iter=3)
    before = accelerated.inverse.primal_dual.solve._cache_size()
    solve(Matrix(rows=scale * operator.rows), scale * data, 0.2 * scale, tol=1e-3 * scale, max_iter=3)
    assert accelerated.inverse.primal_dual.solve._cache_size() == before


def test_functions_are_an_operator():
    """As `Partial`, whose arrays are traced."""
    rows, data = np.random.default_rng(2).normal(size=(7, 4)), np.arange(7.0)
    there, back = (jax.tree_util.Partial(jnp.matmul, each) for each in (rows, rows.T))
    found = accelerated.inverse.least_squares.reconstruct(LinearMap(forward=there, adjoint=back), data, 0.5)
    expected = reference.inverse.least_squares.reconstruct(Matrix(rows=rows), data, 0.5)
    same(found, expected, TRAJECTORY)


ROWS = np.random.default_rng(2).normal(size=(7, 4))
OF_NUMPY = LinearMap(forward=ROWS.__matmul__, adjoint=ROWS.T.__matmul__)


def through_numpy(rows: np.ndarray, values: jax.Array) -> np.ndarray:
    return np.matmul(rows, np.asarray(values))


def by_sign(rows: np.ndarray, values: jax.Array) -> jax.Array:
    return rows @ values if values.sum() > 0 else -rows @ -values


def as_partials(there, back) -> LinearMap:
    return LinearMap(forward=jax.tree_util.Partial(there, ROWS), adjoint=jax.tree_util.Partial(back, ROWS.T))


@pytest.mark.parametrize("solver", ["least_squares", "primal_dual"])
@pytest.mark.parametrize(
    "operator",
    [
        OF_NUMPY,
        as_partials(through_numpy, through_numpy),
        as_partials(through_numpy, jnp.matmul),
        as_partials(by_sign, jnp.matmul),
    ],
)
def test_functions_that_jax_cannot_trace_are_told_of(operator, solver):
    """In a line that says what to do, the error of JAX behind it; the reference calls them as they are."""
    words = r"LinearMap: JAX .*; write them with jax.numpy, each a jax.tree_util.Partial, or .* reference"
    with pytest.raises(TypeError, match=words) as told:
        getattr(accelerated.inverse, solver).reconstruct(operator, np.arange(7.0), 0.5)
    assert "\n" not in str(told.value)
    assert operator is OF_NUMPY or isinstance(told.value.__cause__, jax.errors.JAXTypeError)
    getattr(reference.inverse, solver).reconstruct(OF_NUMPY, np.arange(7.0), 0.5)


@pytest.mark.parametrize("functions", [OF_NUMPY, as_partials(through_numpy, through_numpy)])
def test_regularisers_that_jax_cannot_trace_are_told_of(functions):
    with pytest.raises(TypeError, match=r"LinearMap: JAX .* write them with jax.numpy"):
        accelerated.inverse.least_squares.reconstruct(Matrix(rows=ROWS), ROWS[:, 0], 0.5, regulariser=functions)


def with_text(rows: np.ndarray, values: jax.Array) -> jax.Array:
    return rows @ values + "text"


@pytest.mark.parametrize("backend", [accelerated, reference])
def test_what_else_is_wrong_with_functions_keeps_its_cause(backend):
    """An error of their own is no word about JAX, and stands behind the one about the shapes."""
    solve, words = backend.inverse.least_squares.reconstruct, r"data of shape \(7,\) do not match .* LinearMap\(\)"
    with pytest.raises(ValueError, match=words) as told:
        solve(as_partials(with_text, jnp.matmul), np.arange(7.0), 0.5)
    assert isinstance(told.value.__cause__, TypeError)
    assert not isinstance(told.value.__cause__, jax.errors.JAXTypeError)
    with pytest.raises(ValueError, match=words) as told:
        solve(as_partials(lambda rows, values: rows[:3] @ values, jnp.matmul), np.arange(7.0), 0.5)
    assert told.value.__cause__ is None
