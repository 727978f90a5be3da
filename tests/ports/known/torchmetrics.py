"""TorchMetrics as a port: overlap of masks, agreement of clusterings, distances. It computes in float32."""

import numpy as np
import torch
from torchmetrics.functional import classification, clustering, segmentation
from torchmetrics.functional.segmentation.utils import distance_transform, mask_edges, surface_distance

from deepmix.conformance.ports import nested
from tests.ports.known.forms import labellings, on_surface

DTYPES = ("float32",)


def of_table(score):
    return lambda table, empty=None: score(*(torch.from_numpy(each) for each in labellings(table)))


def of_masks(score, empty=np.nan):
    return lambda a, b, empty=empty: score(torch.tensor(a), torch.tensor(b), zero_division=empty)


def f_beta(prediction, truth, beta=1.0, empty=0.0):
    masks = torch.tensor(prediction), torch.tensor(truth)
    return classification.binary_fbeta_score(*masks, beta, zero_division=empty)


def specificity(prediction, truth, empty=None):
    return classification.binary_specificity(torch.tensor(prediction), torch.tensor(truth))


def steps(spacing):
    return None if spacing is None else spacing.tolist()


def squared_distance_transform(mask, spacing=None):
    if mask.ndim != 2:
        raise NotImplementedError("an image has two dimensions")
    return distance_transform(torch.tensor(mask), steps(spacing)) ** 2


def surface_distances(prediction, truth, spacing=None):
    if prediction.ndim != 2:
        raise NotImplementedError("an image has two dimensions")
    edges = [each.bool() for each in mask_edges(torch.tensor(prediction), torch.tensor(truth), crop=False)]
    return [
        on_surface(each.numpy(), surface_distance(each, other, spacing=steps(spacing)))
        for each, other in (edges, edges[::-1])
    ]


def hausdorff(prediction, truth, spacing=None, percentile=100.0, empty=None):
    if prediction.ndim != 2 or percentile != 100:
        raise NotImplementedError("an image has two dimensions" if prediction.ndim != 2 else "no percentiles")
    masks = (torch.tensor(each)[None, None] for each in (prediction, truth))
    options = {"num_classes": 1, "include_background": True, "spacing": steps(spacing)}
    return segmentation.hausdorff_distance(*masks, **options)


evaluation = nested(
    {
        "clusterings.adjusted_rand_index": of_table(clustering.adjusted_rand_score),
        "clusterings.normalized_mutual_information": of_table(clustering.normalized_mutual_info_score),
        "distances.squared_distance_transform": squared_distance_transform,
        "overlap.dice": of_masks(classification.binary_f1_score, empty=0.0),
        "overlap.iou": of_masks(classification.binary_jaccard_index),
        "overlap.sensitivity": of_masks(classification.binary_recall),
        "overlap.specificity": specificity,
        "overlap.precision": of_masks(classification.binary_precision),
        "overlap.f_beta": f_beta,
        "surfaces.surface_distances": surface_distances,
        "masks.hausdorff": hausdorff,
    }
)
