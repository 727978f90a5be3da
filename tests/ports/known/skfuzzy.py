"""scikit-fuzzy as a port: fuzzy C-means."""

import numpy as np
import skfuzzy

from deepmix.conformance.ports import nested


def memberships(pixels, centres, fuzzifier=2.0):
    return skfuzzy.cmeans_predict(pixels, centres, fuzzifier, error=0.0, maxiter=1)[0]


def fit(pixels, start, weights=None, *, fuzzifier=2.0, tol=5e-3, max_iter=100):
    if weights is not None and (weights != 1).any():
        raise NotImplementedError("pixels have no weights")
    k, error = len(start), max(tol, 0.0)
    centres, u, _, _, history, n, coefficient = skfuzzy.cmeans(pixels, k, fuzzifier, error, max_iter, init=start)
    return {
        "value": history[-1],
        "history": history,
        "status": 1 if n < max_iter else 2,
        "degenerate": np.zeros(k, bool),
        "centres": centres,
        "memberships": u,
        "labels": u.argmax(axis=0),
        "partition_coefficient": coefficient,
    }


mixtures = nested({"fcm.memberships": memberships, "fcm.fit": fit})
