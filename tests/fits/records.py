"""Records compared, and with their classes in another order: a field's name says where its classes lie."""

from typing import Any

import numpy as np

from deepmix.reference.mixtures.forms import FORMS
from deepmix.segmentation import densities
from tests.fits.table import Problem
from tests.tolerances import assert_agree, assert_tree_agrees

RECORDS = tuple({form.record for form in FORMS.values()})
# Of these the first axis is that of the classes; of a network's head, the last.
CLASSES_FIRST = ("degenerate", "responsibilities", "memberships", "proportions", "centres", "external")


def permuted_problem(problem: Problem, order: np.ndarray, kind: str) -> Problem:
    """The problem whose classes come in another order."""
    return {name: _permuted(name, argument, order, kind) for name, argument in problem.items()}


def permuted_record(record: Any, order: np.ndarray, kind: str) -> Any:
    """The record whose classes come in another order."""
    arrays = {name: _permuted(name, array, order, kind) for name, array in record._asdict().items()}
    return record._replace(**arrays)


def certain(record: Any) -> Any:
    """Where no two classes tie, as an index into the labels; one class never does."""
    maps = [
        getattr(record, name)
        for name in ("memberships", "responsibilities", "proportions")
        if hasattr(record, name)
    ]
    if hasattr(record, "mixture") and np.shape(record.mixture.proportions)[1:]:
        maps.append(record.mixture.proportions)
    ordered = [np.sort(np.asarray(array), axis=0) for array in maps if len(array) > 1]
    sure = [best[-1] - best[-2] > 1e-6 for best in ordered]
    return np.all(sure, axis=0) if sure else ...


def _permuted(name: str, value: Any, order: np.ndarray, kind: str) -> Any:
    if isinstance(value, RECORDS):
        return densities.reordered(value, order, kind)
    if name == "parameters":
        return value | {"head": {each: leaf[..., order] for each, leaf in value["head"].items()}}
    if name in CLASSES_FIRST or name == "start":  # a start that is no mixture: memberships
        return np.asarray(value)[order]
    return np.argsort(order)[value] if name == "labels" else value


def assert_same(actual, expected, tol: float, dtype: type = np.float64) -> None:
    """The record of another backend or execution: labels away from ties, parameters against the largest."""
    assert type(actual) is type(expected)
    assert actual.status is expected.status
    if hasattr(expected, "labels"):
        sure = certain(expected)
        np.testing.assert_array_equal(np.asarray(actual.labels)[sure], expected.labels[sure])
        actual, expected = actual._replace(labels=0), expected._replace(labels=0)
    if hasattr(expected, "parameters"):
        assert_tree_agrees(actual.parameters, expected.parameters, tol, dtype)
        actual, expected = actual._replace(parameters=0), expected._replace(parameters=0)
    assert_agree(actual, expected, tol, dtype)
