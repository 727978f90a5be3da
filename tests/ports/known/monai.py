"""MONAI as a port: segmentation losses of proportions, overlap of masks, distances between surfaces."""

import torch
from monai.losses import DiceLoss, GeneralizedDiceLoss, HausdorffDTLoss, TverskyLoss
from monai.metrics import compute_confusion_matrix_metric, compute_dice, compute_iou, get_confusion_matrix
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
    }
)
losses, evaluation = port.losses, port.evaluation
