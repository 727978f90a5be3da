"""MedPy as a port: overlap of masks, distances between surfaces."""

from medpy.metric import binary
from scipy.ndimage import binary_erosion

from deepmix.conformance.ports import nested
from tests.ports.known.forms import on_surface

# what its Hausdorff and average surface distances are made of; without a public name
distances = vars(binary)["__surface_distances"]


def of_masks(score):
    return lambda a, b, empty=None: score(a, b)


def of_surfaces(score):
    return lambda a, b, spacing=None, empty=None: score(a, b, spacing)


def hausdorff(prediction, truth, spacing=None, percentile=100.0, empty=None):
    if percentile not in (95, 100):
        raise NotImplementedError("percentiles are 95 and 100")
    return (binary.hd if percentile == 100 else binary.hd95)(prediction, truth, spacing)


def surface_distances(prediction, truth, spacing=None):
    return [
        on_surface(mask & ~binary_erosion(mask), distances(mask, other, spacing))
        for mask, other in ((prediction, truth), (truth, prediction))
    ]


evaluation = nested(
    {
        "overlap.dice": of_masks(binary.dc),
        "overlap.iou": of_masks(binary.jc),
        "overlap.sensitivity": of_masks(binary.sensitivity),
        "overlap.specificity": of_masks(binary.specificity),
        "overlap.precision": of_masks(binary.precision),
        "surfaces.surface_distances": surface_distances,
        "masks.hausdorff": hausdorff,
        "masks.average_surface_distance": of_surfaces(binary.asd),
        "masks.average_symmetric_surface_distance": of_surfaces(binary.assd),
    }
)
