"""Mistakes in `tomography.axis`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the shift is counted twice",
        "2 * shift - geometry.detectors",
        "shift - geometry.detectors",
        "tomography.axis.rotation_axis/of_a_turn",
    ),
    Mistake(
        "opposite views are not mirrored",
        "2 * shift - geometry.detectors",
        "2 * shift + geometry.detectors",
        "tomography.axis.rotation_axis/of_two_views",
    ),
)
