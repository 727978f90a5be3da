"""A share of the fits as users compile them, with all optimisations; `-m thorough` has all tests so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.fits import table
from tests.fits.records import assert_same
from tests.tolerances import TRAJECTORY

pytestmark = pytest.mark.usefixtures("optimised")


def is_one_of_its_algorithm(row: table.Fit, kind: str) -> bool:
    """The families of a mixture compile the same loops."""
    return kind == row.kinds[0] and not (row.variant and row.algorithm.startswith("mixtures."))


@table.every_fit(is_one_of_its_algorithm)
@settings(max_examples=3)
@given(data=st.data())
def test_the_record_is_that_of_the_reference(row, kind, data):
    problem = data.draw(row.problems(kind, None))
    actual, expected = (table.fit(backend, row, problem, kind, 8) for backend in (accelerated, reference))
    assert_same(actual, expected, TRAJECTORY)
