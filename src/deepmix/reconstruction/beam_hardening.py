"""Line integrals of a beam of many energies become those of one."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.polynomial import polynomial

from deepmix.reference.inverse.records import Operator
from deepmix.reference.tomography.records import Radon

from .weighted import WeightedData


def water_corrected(
    measured: WeightedData, operator: Operator, coefficients: Sequence[float], backend: ModuleType
) -> WeightedData:
    """Line integrals of one energy from those of a spectrum [CT2], and weights W/s², s how much p is stretched.

    coefficients: (degree,), of `xray.water_correction`.
    Raises ValueError for what is no scan, and if a larger p would become a smaller one.
    """
    if not isinstance(operator, Radon):
        raise ValueError("water_correction is for scans")
    p, dtype = measured.data, measured.data.dtype
    slope = polynomial.polyval(p, polynomial.polyder([0.0, *coefficients]))
    if slope.min() <= 0:
        raise ValueError(
            f"the water correction falls where the line integral is {p.flat[slope.argmin()]:.3g}; "
            "fit its coefficients to all lengths of water that occur"
        )
    corrected = backend.tomography.xray.corrected(p, np.asarray(coefficients, dtype))
    return measured._replace(data=np.asarray(corrected), weights=measured.weights / slope**2)
