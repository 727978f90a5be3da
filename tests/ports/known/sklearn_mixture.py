"""What the port of scikit-learn makes of `GaussianMixture`."""

import numpy as np
from sklearn.mixture import GaussianMixture


def gaussians(mixture, kind):
    model = GaussianMixture(len(mixture.means), covariance_type=kind)
    model.weights_, model.means_, model.covariances_ = mixture
    whole = kind in ("full", "tied")
    root = np.linalg.cholesky(model.covariances_) if whole else np.sqrt(model.covariances_)
    model.precisions_cholesky_ = np.linalg.inv(root).mT if whole else 1 / root
    return model


def e_step(pixels, mixture, covariance_type="diag"):
    model = gaussians(mixture, covariance_type)
    return model.predict_proba(pixels.T).T, model.score_samples(pixels.T)


def fit(pixels, start, weights=None, *, covariance_type="diag", tol=1e-3, max_iter=100, floor=None):
    if weights is not None and not np.array_equal(weights, np.ones(pixels.shape[1])):
        raise NotImplementedError("pixels have no weights")
    if floor is not None and np.ptp(floor):
        raise NotImplementedError("all channels have one floor")
    inverse = np.linalg.inv if covariance_type in ("full", "tied") else np.reciprocal
    begin = {"weights_init": start.proportions, "means_init": start.means}
    begin |= {"precisions_init": inverse(start.covariances)}
    floored = {} if floor is None else {"reg_covar": floor[0]}
    options = {"covariance_type": covariance_type, "tol": max(tol, 0.0), "max_iter": max_iter}
    model = GaussianMixture(len(start.means), **begin, **options, **floored).fit(pixels.T)
    value = -model.score(pixels.T)
    return {
        "value": value,
        "history": [*np.negative(model.lower_bounds_), value],
        "status": 1 if model.converged_ else 2,
        "degenerate": np.zeros(len(start.means), bool),
        "mixture": {"proportions": model.weights_, "means": model.means_, "covariances": model.covariances_},
        "responsibilities": model.predict_proba(pixels.T).T,
        "labels": model.predict(pixels.T),
    }
