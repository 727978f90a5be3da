"""SciPy as a port: densities, counts of pairs, distances, neighbours."""

import numpy as np
from scipy import ndimage, special
from scipy.spatial import distance
from scipy.stats import contingency, multivariate_normal

from deepmix.conformance.ports import nested


def log_density(pixels, means, covariances, covariance_type):
    each = [covariances] * len(means) if covariance_type == "tied" else covariances
    classes = zip(means, each, strict=True)
    return np.stack([np.atleast_1d(multivariate_normal(mean, cov).logpdf(pixels.T)) for mean, cov in classes])


def posterior(log_proportions, log_densities):
    joint = log_proportions + log_densities
    return special.softmax(joint, axis=0), special.logsumexp(joint, axis=0)


def neighbour_sum(maps, diagonals):
    footprint = ndimage.generate_binary_structure(maps.ndim - 1, maps.ndim - 1 if diagonals else 1).astype(float)
    footprint[(1,) * footprint.ndim] = 0
    return np.stack([ndimage.convolve(each, footprint, mode="constant") for each in maps])


def contingency_table(labels, truth, n_components, n_classes):
    known, levels = truth > 0, (range(n_components + 1), range(1, n_classes + 1))
    return contingency.crosstab(labels[known], truth[known], levels=levels).count


def surface_distances(prediction, truth, spacing=None):
    one, other = (mask & ~ndimage.binary_erosion(mask) for mask in (prediction, truth))
    to_one, to_other = (ndimage.distance_transform_edt(~each, spacing) for each in (one, other))
    return np.where(one, to_other, np.nan), np.where(other, to_one, np.nan)


port = nested(
    {
        "mixtures.gaussian.log_density": log_density,
        "mixtures.gaussian.posterior": posterior,
        "mixtures.fcm.squared_distances": lambda x, centres: distance.cdist(centres, x.T, "sqeuclidean"),
        "mixtures.hmrf.neighbour_sum": neighbour_sum,
        "evaluation.clusterings.contingency_table": contingency_table,
        "evaluation.distances.squared_distance_transform": (
            lambda mask, spacing=None: ndimage.distance_transform_edt(mask, spacing) ** 2
        ),
        "evaluation.overlap.dice": lambda a, b, empty=None: 1 - distance.dice(a.ravel(), b.ravel()),
        "evaluation.overlap.iou": lambda a, b, empty=None: 1 - distance.jaccard(a, b),
        "evaluation.surfaces.surface": lambda mask: mask & ~ndimage.binary_erosion(mask),
        "evaluation.surfaces.surface_distances": surface_distances,
    }
)
mixtures, evaluation = port.mixtures, port.evaluation
