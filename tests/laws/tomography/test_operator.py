"""Laws of the line integrals as an operator [CT4], [IP0], [IP8]."""

import numpy as np
from hypothesis import given, settings

from deepmix.reference.inverse import operators
from deepmix.reference.tomography import radon
from deepmix.reference.tomography.records import Radon
from tests.laws.helpers import close
from tests.problems.inverse import dense
from tests.problems.tomography import scans


@given(scan=scans())
def test_ct4_ip0_the_operator_projects_and_projects_back(scan):
    operator = Radon(geometry=scan.geometry)
    data = operators.forward(operator, scan.image)
    close(data, radon.project(scan.image, scan.geometry))
    close(operators.adjoint(operator, data), radon.project_back(data, scan.geometry))


@settings(max_examples=10)
@given(scan=scans())
def test_ct4_ip8_its_norm_is_not_below_the_largest_singular_value(scan):
    operator = Radon(geometry=scan.geometry)
    largest = np.linalg.norm(dense(operator, scan.image.shape), 2)
    found = operators.norm(operator, scan.image)
    assert largest <= found * (1 + 1e-9)
    assert found <= 1.05 * largest
