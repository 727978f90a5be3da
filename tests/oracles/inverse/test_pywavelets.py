"""The wavelets beside PyWavelets."""

import numpy as np
import pytest
from hypothesis import given

from deepmix.reference.inverse import wavelets
from tests.laws.helpers import close
from tests.problems import generators

pywt = pytest.importorskip("pywt", reason="needs the extra `oracles`")

pytestmark = pytest.mark.oracles


@pytest.mark.parametrize(("moments", "name"), [(1, "haar"), (2, "db2"), (4, "db4")])
@given(rng=generators)
def test_ip13_wavelets_of_pywavelets(moments, name, rng):
    """Its mode "periodization", level by level; its details are named by the axes that they are high along."""
    scaling = wavelets.daubechies(moments, 2)
    close(scaling[0], np.array(pywt.Wavelet(name=name).rec_lo), 1e-9)
    image = rng.normal(size=(32, 64))
    found = wavelets.transform(image, scaling)
    low, coarse, fine = pywt.wavedec2(image, name, "periodization", level=2)
    parts = {"H": (1, 0), "V": (0, 1), "D": (1, 1)}  # high along the rows' axis, along the columns'
    for level, details in ((1, fine), (2, coarse)):
        h, w = 32 >> level, 64 >> level
        for (down, right), expected in zip(parts.values(), details, strict=True):
            close(found[down * h : (down + 1) * h, right * w : (right + 1) * w], expected, 1e-9)
    close(found[:8, :16], low, 1e-9)
