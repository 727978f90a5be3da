"""A share of the fits as users compile them, with all optimisations; `-m thorough` has all tests so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from tests.fits import table
from tests.fits.records import assert_same
from tests.tolerances import TRAJECTORY

pytestmark = pytest.mark.usefixtures("optimised")


@table.every_fit(lambda row, kind: kind == row.kinds[0])
@settings(max_examples=3)
@given(data=st.data())
def test_the_record_is_that_of_the_reference(row, kind, data):
    problem = data.draw(row.problems(kind, None))
    actual, expected = (table.fit(backend, row, problem, kind, 8) for backend in (accelerated, reference))
    assert_same(actual, expected, TRAJECTORY)
