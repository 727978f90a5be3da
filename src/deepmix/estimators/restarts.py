"""Fits from several starts: which of them is kept, and the attributes and warnings that describe it."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from deepmix.reference.types import Status
from deepmix.segmentation.selection import finite


def check_least(estimator: BaseEstimator, **bounds: float) -> None:
    """Raise ValueError for a parameter that is less than its bound."""
    for name, least in bounds.items():
        if not getattr(estimator, name) >= least:
            raise ValueError(f"{name} must be at least {least}, got {getattr(estimator, name)}")


def seeds(random_state: Any, number: int) -> list[int]:
    """A number of seeds from scikit-learn's `random_state`."""
    return check_random_state(random_state).randint(np.iinfo(np.int32).max, size=number).tolist()


def best_of(fits: Iterable[Any]) -> Any:
    """The fit with the least value; the first of them if none is finite."""
    return min(fits, key=lambda fit: finite(fit.value))


def keep_likelihood(estimator: BaseEstimator, fit: Any) -> None:
    """Set n_iter_, lower_bound_ and lower_bounds_ (the log-likelihood per sample, −NLL)."""
    history = np.asarray(fit.history)
    estimator.n_iter_ = len(history) - 1
    estimator.lower_bound_ = -float(fit.value)
    estimator.lower_bounds_ = (-history).tolist()


def keep_end(estimator: BaseEstimator, fit: Any, measure: str, settles: str = "") -> None:
    """Set converged_; warn of classes that collapsed, and of a fit that has not converged.

    measure: what the fit lowers, such as "NLL". settles: what its stopping rule watches, if something else.
    """
    estimator.converged_ = fit.status == Status.converged
    for k in np.flatnonzero(fit.degenerate):
        warnings.warn(f"class {k} collapsed: no sample belongs to it", stacklevel=4)
    if not estimator.converged_:
        warnings.warn(fit.status.message(measure, settles), ConvergenceWarning, stacklevel=4)
