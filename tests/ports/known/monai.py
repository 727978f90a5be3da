"""MONAI as a port: segmentation losses of proportions, overlap of masks, distances between surfaces."""

import torch
from monai.losses import DiceLoss, GeneralizedDiceLoss, HausdorffDTLoss, TverskyLoss
from monai.metrics import (
    compute_average_surface_distance,
    compute_confusion_matrix_metric,
    compute_dice,
    compute_hausdorff_distance,
    compute_iou,
    compute_surface_dice,
    get_confusion_matrix,
)
from monai.metrics.utils import get_mask_edges, get_surface_distance

from deepmix.conformance.ports import nested
from tests.ports.known.autograd import of_known
from tests.ports.known.forms import on_surface


def of_areas(loss, smoothing=1.0, **fixed):
    """smoothing: what it calls one pixel of it."""

    def call(proportions, truth, *, smooth=0.0, **options):
        smoothed = dict.fromkeys(("smooth_nr", "smooth_dr"), smoothing * smooth)
        return loss(**smoothed, **fixed, **options)(proportions, truth)

    return of_known(call)


def hausdorff(proportions, truth, include_background=True):
    if proportions.ndim != 4:
        raise NotImplementedError("the truth is known in every pixel of an image")
    return HausdorffDTLoss(include_background=include_background)(proportions, truth)


def of_masks(score):
    return lambda a, b, empty=None: score(*(torch.tensor(1.0 * each)[None, None] for each in (a, b))).item()


def of_matrix(name):
    return of_masks(lambda a, b: compute_confusion_matrix_metric(name, get_confusion_matrix(a, b)))


def surface_distances(prediction, truth, spacing=None):
    edges = get_mask_edges(prediction, truth, crop=False)
    return [
        on_surface(each, get_surface_distance(each, other, spacing=spacing))
        for each, other in (edges, edges[::-1])
    ]


def hausdorff_distance(a, b, spacing=None, percentile=100.0, empty=None):
    of = None if percentile == 100 else percentile  # the largest has a way of its own
    return _of_one_class(compute_hausdorff_distance, a, b, spacing, percentile=of)


def average_distance(symmetric):
    def call(a, b, spacing=None, empty=None):
        return _of_one_class(compute_average_surface_distance, a, b, spacing, symmetric=symmetric)

    return call


def surface_dice(a, b, tolerance, spacing=None, empty=None):
    return _of_one_class(compute_surface_dice, a, b, spacing, class_thresholds=[float(tolerance)])


def _of_one_class(score, a, b, spacing, **options):
    masks = (torch.tensor(1.0 * each)[None, None] for each in (a, b))
    spacing = None if spacing is None else [float(each) for each in spacing]
    return score(*masks, include_background=True, spacing=spacing, **options).item()


port = nested(
    {
        "losses.segmentation.tversky": of_areas(TverskyLoss),
        "losses.segmentation.soft_dice": of_areas(DiceLoss),
        "losses.segmentation.soft_iou": of_areas(DiceLoss, smoothing=2.0, jaccard=True),
        "losses.segmentation.generalised_dice": of_areas(GeneralizedDiceLoss),
        "losses.segmentation.hausdorff": of_known(hausdorff),
        "evaluation.overlap.dice": of_masks(compute_dice),
        "evaluation.overlap.iou": of_masks(compute_iou),
        "evaluation.overlap.sensitivity": of_matrix("sensitivity"),
        "evaluation.overlap.specificity": of_matrix("specificity"),
        "evaluation.overlap.precision": of_matrix("precision"),
        "evaluation.surfaces.surface": lambda mask: get_mask_edges(mask, mask, crop=False)[0],
        "evaluation.surfaces.surface_distances": surface_distances,
        "evaluation.masks.hausdorff": hausdorff_distance,
        "evaluation.masks.average_surface_distance": average_distance(symmetric=False),
        "evaluation.masks.average_symmetric_surface_distance": average_distance(symmetric=True),
        "evaluation.masks.surface_dice": surface_dice,
    }
)
losses, evaluation = port.losses, port.evaluation
