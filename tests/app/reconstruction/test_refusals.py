"""What cannot be meant is refused in a line, not read as something else."""

import numpy as np
import pytest

import deepmix
from deepmix.reference.inverse.records import Fourier

BACKENDS = ["accelerated", "reference"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_images_have_no_bounds(backend):
    options = {"method": "tv", "nonnegative": True, "backend": backend}
    with pytest.raises(ValueError, match="bounds, such as x ≥ 0, go with real images"):
        deepmix.reconstruct(np.ones((4, 4), complex), Fourier(mask=np.ones((4, 4))), **options)
