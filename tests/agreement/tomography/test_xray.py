"""Both backends: counts, spectra, the water correction, Hounsfield units."""

import numpy as np
import pytest
from hypothesis import given, settings

from deepmix import accelerated, reference
from tests.problems.tomography import beams
from tests.tolerances import assert_agree, rounded, tolerance

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
few = settings(max_examples=8)
mine, theirs = accelerated.tomography, reference.tomography


@DTYPES
@few
@given(beam=beams())
def test_ct1_ct2_spectra(dtype, beam):
    low, high = rounded(beam, dtype)
    tol = tolerance("x_rays", dtype)
    found = mine.xray.polyenergetic(*low)
    assert_agree(found, theirs.xray.polyenergetic(*high), tol, dtype)
    water, exact = ((each.lengths[0].ravel(), each.attenuation[0], *each[2:]) for each in (low, high))
    coefficients = theirs.xray.water_correction(*exact)
    corrected = mine.xray.corrected(found, mine.xray.water_correction(*water))
    expected = theirs.xray.corrected(theirs.xray.polyenergetic(*high), coefficients)
    assert_agree(corrected, expected, tolerance("water_correction", dtype, 1e-9), dtype)


@DTYPES
@few
@given(beam=beams())
def test_ct1_ct3_ct10_counts(dtype, beam):
    low, high = rounded(beam.lengths[0], dtype)
    flat, dark = np.full(4, 1000, dtype), np.array(12, dtype)
    tol = tolerance("x_rays", dtype)
    counts = mine.xray.transmitted(low / 50, flat, dark)
    assert_agree(counts, theirs.xray.transmitted(high / 50, flat.astype(float), 12.0), tol, dtype)
    rounded_counts = np.round(np.asarray(counts)) * (low > 10)
    found = mine.xray.line_integrals(rounded_counts, flat, dark)
    expected = theirs.xray.line_integrals(rounded_counts.astype(float), flat.astype(float), 12.0)
    assert_agree(found, expected, tol, dtype)
    units = mine.hounsfield.to_hounsfield(low, 20.0)
    assert_agree(units, theirs.hounsfield.to_hounsfield(high, 20.0), tol, dtype)
    assert_agree(mine.hounsfield.from_hounsfield(units, 20.0), high, tol, dtype)
    contrast = mine.xray.contrast(low + 20, low + 10)
    assert_agree(contrast, theirs.xray.contrast(high + 20, high + 10), tol, dtype)
    ratio = mine.xray.signal_to_noise(contrast, low)
    assert_agree(ratio, theirs.xray.signal_to_noise(np.asarray(contrast, float), high), tol, dtype)


@pytest.mark.parametrize("backend", [accelerated, reference], ids=["accelerated", "reference"])
def test_an_unknown_detector_is_refused(backend):
    with pytest.raises(ValueError, match="detector must be one of integrating, counting; got 'film'"):
        backend.tomography.xray.effective_attenuation(np.ones(3), np.ones(3), np.ones(3), "film")
