"""scikit-learn's GaussianMixture from a given start, for a given number of iterations."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from deepmix.reference.mixtures.records import Mixture


def fit(samples: np.ndarray, start: Mixture, covariance_type: str, n: int) -> Mixture:
    """n E- and M-steps, no floor. samples: (N, M), contiguous, the layout that scikit-learn documents.

    A start of another dtype than the samples would make scikit-learn compute in the wider one.
    """
    precisions = 1 / start.covariances if covariance_type == "diag" else np.linalg.inv(start.covariances)
    model = GaussianMixture(
        len(start.means), covariance_type=covariance_type, tol=0, reg_covar=0, max_iter=n,
        weights_init=start.proportions, means_init=start.means, precisions_init=precisions,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(samples)
    if model.n_iter_ != n:
        raise AssertionError(f"scikit-learn stopped after {model.n_iter_} of {n} iterations")
    return Mixture(proportions=model.weights_, means=model.means_, covariances=model.covariances_)
