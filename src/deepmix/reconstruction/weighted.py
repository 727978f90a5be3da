"""The data of a reconstruction and how sure they are, from line integrals, counts or anything measured."""

import warnings
from types import ModuleType
from typing import NamedTuple

import numpy as np

from deepmix.reference.inverse.checks import check_finite
from deepmix.reference.inverse.records import Operator
from deepmix.reference.tomography.records import Radon

from . import gaps
from .sinograms import Measurement

LARGEST = 50.0  # line integrals; those of real scans lie below about 15
COUNTABLE = 2.0**32  # larger numbers are whole by their size
WEAKEST, STRONGEST = 0.05, 1.1  # of the flat field: what passes beside the object, if both are of one exposure


class WeightedData(NamedTuple):
    """data: y, as the operator has them. weights: W of the same shape. starved: how many counted nothing.

    dead: (k,), the detectors of a scan that measured nothing, counted from 0; their weight is 0.
    sigma: σ, the inverse variances being W/σ²; None: not known.
    """

    data: np.ndarray
    weights: np.ndarray
    starved: int
    dead: np.ndarray
    sigma: float | None


def prepared(
    measurement: Measurement, operator: Operator, backend: ModuleType, dtype: str, noise: float | None
) -> WeightedData:
    """The data in a dtype, of counts the line integrals; what is not sampled is 0.

    Of a scan, neighbours stand in for what has the weight 0: for methods that do not weigh, and for pictures.
    noise: σ of data of the weight 1, if it is said; counts and weights have their own.
    Raises ValueError for NaN and infinity, for fields that do not match, for counts without a flat field, and if
    nothing was measured.
    """
    _check(measurement, noise)
    values, weights, is_scan = np.asarray(measurement.values), measurement.weights, isinstance(operator, Radon)
    lost = gaps.never_finite(values) if is_scan else np.zeros(values.shape[1:], bool)
    counted = np.broadcast_to(np.asarray(getattr(operator, "mask", True)) != 0, values.shape)
    counted = counted if weights is None else counted & (weights > 0)
    usable = counted & (~lost | lost.all())
    check_finite("the data" if measurement.flat is None else "the counts", values[usable])
    kept = np.where(usable, values, 0)
    kept = kept.astype(np.result_type(dtype, np.complex64) if np.iscomplexobj(kept) else dtype)
    if measurement.flat is not None:
        found = _of_counts(kept, measurement, is_scan, backend, dtype)
    else:
        _check_no_counts(kept, is_scan)
        sure = np.where(lost, 0, np.ones(kept.shape) if weights is None else weights).astype(float)
        sigma = noise if weights is None or noise is not None else 1.0
        found = WeightedData(data=kept, weights=sure, starved=0, dead=np.flatnonzero(lost), sigma=sigma)
    return _bridged(found) if is_scan else found


def _check(measurement: Measurement, noise: float | None) -> None:
    """Raise ValueError for what does not go together."""
    shape, weights = np.shape(measurement.values), measurement.weights
    if weights is not None and weights.shape != shape:
        raise ValueError(f"weights of shape {weights.shape} do not match data of shape {shape}")
    if weights is not None and not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    if measurement.flat is None and measurement.dark is not None:
        raise ValueError("a dark field goes with a flat one: without it the values are line integrals")
    if measurement.flat is not None and weights is not None:
        raise ValueError("counts have weights of their own; give weights or a flat field, not both")
    if measurement.flat is not None and noise is not None:
        raise ValueError("counts have Poisson's noise; noise goes with line integrals")


def _check_no_counts(values: np.ndarray, is_scan: bool) -> None:
    """Raise ValueError for whole numbers beyond line integrals; warn of others beyond them."""
    largest = np.abs(values).max() if is_scan else 0.0
    if largest <= LARGEST:
        return
    message = f"the values go up to {largest:g}, line integrals of real scans to about 15"
    if largest < COUNTABLE and (values == np.round(values)).all():
        raise ValueError(f"{message}: these are counts, so give their flat field too")
    warnings.warn(f"{message}: if these are counts, give their flat field too", stacklevel=5)


def _of_counts(
    values: np.ndarray, measurement: Measurement, is_scan: bool, backend: ModuleType, dtype: str
) -> WeightedData:
    flat, dark = (np.zeros(1) if each is None else each for each in (measurement.flat, measurement.dark))
    for name, each in {"flat": flat, "dark": dark}.items():
        if each.shape not in ((1,), values.shape[1:]):
            raise ValueError(f"the {name} field has {each.size} values for {values.shape[-1]} detectors")
        if not (is_scan and np.isfinite(each).any()):
            check_finite(f"the {name} field", each)
    dead = gaps.dead_detectors(values - dark, flat - dark) if is_scan else np.zeros(values.shape[1:], bool)
    if is_scan and dead.all():
        raise ValueError("every detector is dead: no count is above the dark field, or the flat field is not")
    alive = [np.where(dead, 0, each).astype(dtype) for each in (flat, dark)]
    found = backend.tomography.xray.line_integrals(values, *alive)
    weights, starved = np.array(found.weights), np.asarray(found.starved) & ~dead
    if is_scan:
        weights[starved.sum(axis=1) == (~dead).sum()] = 0  # views without a beam
    if count := int(starved.sum()):
        warnings.warn(
            f"{count} of {values.size} counts are none above the dark field; they count ½, or nothing in a view "
            "without any",
            stacklevel=5,
        )
    data = np.asarray(found.sinogram)
    _warn_of_exposure(data[weights > 0])
    return WeightedData(data=data, weights=weights, starved=count, dead=np.flatnonzero(dead), sigma=1.0)


def _warn_of_exposure(integrals: np.ndarray) -> None:
    """Warn if the flat field is hardly of the same exposure: rays beside the object pass all of it."""
    passed = np.exp(-integrals)
    if integrals.size and np.median(passed) > STRONGEST:
        message = "most counts are above the flat field: is it of the same exposure?"
    elif integrals.size and passed.max() < WEAKEST:
        message = f"no count is above {WEAKEST:.0%} of the flat field: are these counts, of the same exposure?"
    else:
        return
    warnings.warn(message, stacklevel=6)


def _bridged(found: WeightedData) -> WeightedData:
    """Data of a scan, with neighbours in the place of what does not count."""
    if len(found.dead):
        warnings.warn(
            f"{len(found.dead)} of {found.data.shape[1]} detectors are dead (counted from 0: "
            f"{gaps.named(found.dead.tolist())}): fbp takes what lies between their neighbours, other methods "
            "leave them out",
            stacklevel=5,
        )
    return found._replace(data=gaps.bridged(found.data, found.weights))
