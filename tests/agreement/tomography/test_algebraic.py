"""Both backends: SIRT, and total variation, on scans."""

import numpy as np
import pytest
from hypothesis import given, settings

from deepmix import accelerated, reference
from deepmix.reference.tomography.records import Radon
from tests.problems.tomography import SHAPES, scans
from tests.tolerances import TRAJECTORY, assert_agree, rounded, tolerance

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHORT = {"tol": -1.0, "max_iter": 6}
few = settings(max_examples=5)


@DTYPES
@few
@given(scan=scans(shape=SHAPES[0]))
def test_ct11_solutions(dtype, scan):
    low, high = rounded(scan, dtype)
    tol = tolerance("trajectory", dtype, TRAJECTORY)
    for name, solve in {
        "sirt": lambda backend, operator, sinogram: backend.tomography.algebraic.reconstruct(
            sinogram, operator.geometry, nonnegative=True, **SHORT
        ),
        "cgls": lambda backend, *given: backend.inverse.least_squares.reconstruct(*given, **SHORT),
        "tv": lambda backend, *given: backend.inverse.primal_dual.reconstruct(*given, 0.3, **SHORT),
    }.items():
        found = solve(accelerated, Radon(geometry=low.geometry), low.sinogram)
        expected = solve(reference, Radon(geometry=high.geometry), high.sinogram)
        assert found.status is expected.status, name
        for field in ("value", "history", "image"):
            assert_agree(getattr(found, field), getattr(expected, field), tol, dtype)


@pytest.mark.parametrize("backend", [accelerated, reference], ids=["accelerated", "reference"])
def test_what_is_no_scan_of_the_geometry_is_refused(backend):
    geometry = reference.tomography.geometry.parallel(np.linspace(0, 3, 4), 6, 7, 12)
    solve = backend.tomography.algebraic.reconstruct
    words = r"\(12, 4\) do not match the operator Radon\(angles \(4,\), detectors \(12,\), columns \(7,\)"
    with pytest.raises(ValueError, match=words):
        solve(np.zeros((12, 4)), geometry)
    with pytest.raises(ValueError, match="relaxation must lie between 0 and 2, got 2"):
        solve(np.zeros((4, 12)), geometry, relaxation=2.0)
