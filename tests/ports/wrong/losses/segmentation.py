"""Mistakes in `losses.segmentation`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a weighted mean is divided by the number of pixels",
        "return _average(mask * weighted.sum(axis=0), reduction)",
        "return mask * weighted.sum(axis=0) * _average(mask * truth.max(axis=0), reduction)",
        "losses.segmentation.cross_entropy/class_weights",
    ),
    Mistake(
        "pixels are hard whose largest proportion is small",
        "hard = (proportions * truth).sum(axis=0) < threshold",
        "hard = proportions.max(axis=0) < threshold",
        "losses.segmentation.top_k_cross_entropy/all_known",
    ),
    Mistake(
        "the focal factor is a constant of the gradient",
        "slope = wrong**gamma / right - gamma * wrong ** (gamma - 1) * np.log(right)",
        "slope = wrong**gamma / right",
        "losses.segmentation.focal/all_known",
    ),
    Mistake(
        "false positives and false negatives are mixed up",
        "alpha * (predicted - both) + beta * (true - both) + smooth",
        "alpha * (true - both) + beta * (predicted - both) + smooth",
        "losses.segmentation.tversky/all_known",
    ),
    Mistake(
        "a class without truth has the loss 1",
        "return (true > 0) & _included(",
        "return (true >= 0) & _included(",
        "losses.segmentation.soft_iou/a_class_without_truth",
    ),
    Mistake(
        "only the denominator is smoothed",
        "above = both + smooth",
        "above = both",
        "losses.segmentation.soft_dice/smoothed_sum_without_background",
    ),
    Mistake(
        "classes weigh 1 over their size, not over its square",
        "np.where(present, true, 1) ** 2",
        "np.where(present, true, 1)",
        "losses.segmentation.generalised_dice/all_known",
    ),
    Mistake(
        "distances are not squared",
        "return np.where(np.isfinite(squared), squared, 0)",
        "return np.where(np.isfinite(squared), np.sqrt(squared), 0)",
        "losses.segmentation.hausdorff/all_known",
    ),
    Mistake(
        "what is not known counts as the other side of a border",
        "(counted > 0) & (proportions >= 0.5)",
        "(proportions >= 0.5)",
        "losses.segmentation.hausdorff/a_class_without_truth",
    ),
    Mistake(
        "labels are broadcast as if they were a one-hot truth",
        'is replaced by that number.\n    """\n    check_known(proportions, truth, mask, class_weights)\n',
        'is replaced by that number.\n    """\n',
        "losses.segmentation.cross_entropy/labels_for_the_truth",
    ),
    Mistake(
        "pixels as sure as the threshold are hard",
        "axis=0) < threshold",
        "axis=0) <= threshold",
        "losses.segmentation.top_k_cross_entropy/as_sure_as_the_threshold",
    ),
    Mistake(
        "pixels that are half sure lie outside",
        "(counted > 0) & (proportions >= 0.5)",
        "(counted > 0) & (proportions > 0.5)",
        "losses.segmentation.hausdorff/half_sure",
    ),
    Mistake(
        "what is not known belongs to every true set",
        "(counted > 0) & (truth > 0)",
        "(counted == 0) | (truth > 0)",
        "losses.segmentation.hausdorff/half_known",
    ),
    Mistake(
        "the mean is that over the classes that the truth holds",
        "total = classes.sum() * counted.sum()",
        "total = (truth.any(axis=(1, 2)) & classes[:, 0, 0]).sum() * counted.sum()",
        "losses.segmentation.hausdorff/a_class_without_truth",
    ),
    Mistake(
        "a class without a true positive has the loss 0 at 0/0",
        "below = np.where(below > 0, below, 1)",
        "above, below = np.where(below > 0, above, 1), np.where(below > 0, below, 1)",
        "losses.segmentation.tversky/misses_do_not_count",
    ),
)
