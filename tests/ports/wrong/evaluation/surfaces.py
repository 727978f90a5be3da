"""Mistakes in `evaluation.surfaces`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the border of the image is no surface",
        "binary_erosion(mask)",
        "binary_erosion(mask, border_value=1)",
        "evaluation.surfaces.surface/up_to_the_border",
    ),
    Mistake(
        "the Hausdorff distance is directed",
        "return max(np.percentile(there, percentile), np.percentile(back, percentile))",
        "return np.percentile(there, percentile)",
        "evaluation.surfaces.hausdorff/far_pixel_of_the_truth",
    ),
    Mistake(
        "one percentile of both directions",
        "max(np.percentile(there, percentile), np.percentile(back, percentile))",
        "np.percentile(np.concatenate([there, back]), percentile)",
        "evaluation.surfaces.hausdorff/far_pixel_95",
    ),
    Mistake(
        "a missed structure has the distance 0",
        "return np.inf if there.size or back.size else empty",
        "return 0.0 if there.size or back.size else empty",
        "evaluation.surfaces.hausdorff/nothing_predicted",
    ),
    Mistake(
        "the symmetric average is that of two averages",
        "(there.sum() + back.sum()) / (there.size + back.size)",
        "(there.mean() + back.mean()) / 2",
        "evaluation.surfaces.average_symmetric_surface_distance/far_pixel",
    ),
    Mistake(
        "a tolerance has no room for rounding",
        "tolerance * (1 + ROOM)",
        "tolerance",
        "evaluation.surfaces.surface_dice/within_the_tolerance_but_for_rounding",
    ),
)
