"""What every fit of `accelerated` promises: the reference's record, in either dtype, compiled or not."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.fits import table
from tests.fits.records import assert_same
from tests.fits.table import fit
from tests.tolerances import TRAJECTORY, rounded, tolerance

# Networks compile for seconds: what depends on their covariance type is that of `mixtures`, which they call. So do
# the families of distributions, whose fits are compared in tests/agreement/mixtures/test_families.py.
every_fit = table.every_fit(
    lambda row, kind: not row.variant if row.algorithm.startswith("mixtures.") else kind == "diag"
)


UNROUNDED = ("beta", "diagonals", "class_sizes", "fuzzifier")  # what is no array is left as it is
N_STEPS = 8  # the same everywhere: the length of a history is compiled in
some = settings(max_examples=max(5, settings.default.max_examples // 3))  # nearly each has shapes of its own
few = settings(max_examples=max(2, settings.default.max_examples // 10))


@every_fit
@some
@given(data=st.data())
def test_the_record_is_that_of_the_reference(row, kind, data):
    """After a fixed number of steps: iteration counts are never compared."""
    problem = data.draw(row.problems(kind, None))
    actual, expected = (fit(backend, row, problem, kind, N_STEPS) for backend in (accelerated, reference))
    assert_same(actual, expected, TRAJECTORY)


@every_fit
@few
@given(data=st.data())
def test_it_has_converged_as_soon_as_tol_allows_it(row, kind, data):
    problem = data.draw(row.problems(kind, None))
    actual, expected = (fit(backend, row, problem, kind, N_STEPS, np.inf) for backend in (accelerated, reference))
    assert_same(actual, expected, TRAJECTORY)


@every_fit
@few
@given(data=st.data())
def test_the_dtype_is_that_of_the_data(row, kind, data):
    """float32 near the float64 reference on the same numbers, after one step."""
    problem = data.draw(row.problems(kind, None))
    options = {name: problem[name] for name in UNROUNDED if name in problem}
    low, high = (given | options for given in rounded(problem, np.float32))
    actual, expected = fit(accelerated, row, low, kind, 1), fit(reference, row, high, kind, 1)
    if row.data == "images":  # an epoch's mean is taken on the host
        mean = {"value": np.float32(actual.value), "history": actual.history.astype(np.float32)}
        actual = actual._replace(**mean)
    assert_same(actual, expected, tolerance("fit", np.float32), np.float32)


def is_quick(row: table.Fit, kind: str) -> bool:
    """Without a compiler every operation is one of its own: a network has thousands, a field hundreds."""
    return row.data == "pixels" and kind == row.kinds[0] and not row.variant


@table.every_fit(is_quick)
@settings(max_examples=2)
@given(data=st.data())
def test_compiled_is_as_not_compiled(row, kind, data):
    check_without_compiler(row, data.draw(row.problems(kind, None)), kind)


@pytest.mark.thorough
@table.every_fit(lambda row, kind: not is_quick(row, kind))
@settings(max_examples=2)
@given(data=st.data())
def test_all_compiled_is_as_not_compiled(row, kind, data):
    check_without_compiler(row, data.draw(row.problems(kind, None)), kind)


def check_without_compiler(row: table.Fit, problem: table.Problem, kind: str) -> None:
    compiled = fit(accelerated, row, problem, kind, 2)
    with jax.disable_jit():
        plain = fit(accelerated, row, problem, kind, 2)
    assert_same(compiled, plain, TRAJECTORY)
