"""The data of a reconstruction and how sure they are, from line integrals, counts or anything measured."""

import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import polynomial

from deepmix.reference.inverse.checks import check_finite
from deepmix.reference.inverse.records import Operator
from deepmix.reference.tomography.records import Radon

from .sinograms import Measurement


class WeightedData(NamedTuple):
    """data: y, as the operator has them. weights: W of the same shape. starved: how many counted nothing."""

    data: np.ndarray
    weights: np.ndarray
    starved: int = 0


def prepared(measurement: Measurement, operator: Operator, backend: ModuleType, dtype: str) -> WeightedData:
    """The data in a dtype, of counts the line integrals; what has the weight 0, or is not sampled, is 0.

    Raises ValueError for NaN and infinity, and for fields that do not match.
    """
    values, weights = np.asarray(measurement.values), measurement.weights
    if weights is not None and weights.shape != values.shape:
        raise ValueError(f"weights of shape {weights.shape} do not match data of shape {values.shape}")
    if weights is not None and not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    counted = np.broadcast_to(np.asarray(getattr(operator, "mask", True)) != 0, values.shape)
    counted = counted if weights is None else counted & (weights > 0)
    check_finite("the data" if measurement.flat is None else "the counts", values[counted])
    kept = np.where(counted, values, 0)
    kept = kept.astype(np.result_type(dtype, np.complex64) if np.iscomplexobj(kept) else dtype)
    if measurement.flat is not None:
        return _of_counts(kept, measurement, backend, dtype)
    if measurement.dark is not None:
        raise ValueError("a dark field goes with a flat one: without it the values are line integrals")
    return WeightedData(data=kept, weights=(np.ones(kept.shape) if weights is None else weights).astype(dtype))


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
    return measured._replace(data=np.asarray(corrected), weights=(measured.weights / slope**2).astype(dtype))


def _of_counts(values: np.ndarray, measurement: Measurement, backend: ModuleType, dtype: str) -> WeightedData:
    if measurement.weights is not None:
        raise ValueError("counts have weights of their own; give weights or a flat field, not both")
    fields: list[Any] = [np.zeros(1) if each is None else each for each in (measurement.flat, measurement.dark)]
    for name, each in zip(("flat", "dark"), fields, strict=True):
        if each.shape not in ((1,), values.shape[1:]):
            raise ValueError(f"the {name} field has {each.size} values for {values.shape[-1]} detectors")
        check_finite(f"the {name} field", each)
    found = backend.tomography.xray.line_integrals(values, *(each.astype(dtype) for each in fields))
    if starved := int(np.asarray(found.starved).sum()):
        warnings.warn(
            f"{starved} of {values.size} counts are none above the dark field, or of dead detectors; "
            "they count ½, or nothing",
            stacklevel=5,
        )
    return WeightedData(data=np.asarray(found.sinogram), weights=np.asarray(found.weights), starved=starved)
