"""Mistakes in `evaluation.distances`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the spacing is forgotten",
        "steps = np.ones(mask.ndim) if spacing is None else np.asarray(spacing)",
        "steps = np.ones(mask.ndim)",
        "evaluation.distances.squared_distance_transform/volume_of_thick_slices",
    ),
    Mistake(
        "the nearest voxel is sought in whole voxels, without their spacing",
        "distance_transform_edt(mask, steps, ",
        "distance_transform_edt(mask, None, ",
        "evaluation.distances.squared_distance_transform/nearer_down_than_across",
    ),
)
