"""studenttmixture's steps from a given start, for a given number of iterations.

Its M-step divides Σwγu ddᵀ by Σwγu where [NG3] divides by Σwγ: another way to the same limit.
"""

import numpy as np

from deepmix.reference.mixtures.records import Student


def fit(samples: np.ndarray, start: Student, n: int) -> Student:
    """n E- and M-steps, full covariances, ν fixed, no floor. samples: (N, M), float64."""
    from studenttmixture import EMStudentMixture

    model = EMStudentMixture(len(start.means), reg_covar=0.0, fixed_df=True)
    of_means = start.means.astype(float)
    scales = np.moveaxis(start.covariances.astype(float), 0, -1)
    factors = np.moveaxis(np.linalg.cholesky(start.covariances.astype(float)), 0, -1)
    weights, degrees = start.proportions.astype(float), start.degrees.astype(float)
    room = np.empty((len(samples), len(of_means)))
    for _ in range(n):
        r, u, _ = model.Estep(samples, degrees, of_means, factors, weights, room)
        weights, of_means, scales, factors, degrees = model.Mstep(samples, r, u, scales, factors, degrees)
    return Student(proportions=weights, means=of_means, covariances=np.moveaxis(scales, -1, 0), degrees=degrees)
