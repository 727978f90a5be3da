"""Mistakes in `evaluation.masks`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the axes of the spacing are swapped",
        "surfaces.surface_distances(prediction, truth, spacing)",
        "surfaces.surface_distances(prediction, truth, None if spacing is None else spacing[::-1])",
        "evaluation.masks.hausdorff/wide_pixels",
    ),
    Mistake(
        "the average is that from the truth to the prediction",
        "return _measured(surfaces.average_surface_distance, prediction, truth,",
        "return _measured(surfaces.average_surface_distance, truth, prediction,",
        "evaluation.masks.average_surface_distance/wide_pixels",
    ),
    Mistake(
        "the tolerance of the surface Dice is in voxels",
        "tolerance=tolerance,",
        "tolerance=tolerance if spacing is None else tolerance * spacing[-1],",
        "evaluation.masks.surface_dice/wide_pixels",
    ),
)
