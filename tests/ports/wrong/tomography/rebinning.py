"""Mistakes in `tomography.rebinning`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the opposite ray is not mirrored",
        "((0, 1), (np.pi, -1))",
        "((0, 1), (np.pi, 1))",
        "tomography.rebinning.rebin/fan_of_a_turn",
    ),
    Mistake(
        "a ray that was measured once is averaged with nothing",
        "values / np.where(measured > 0, measured, 1)",
        "values / 2",
        "tomography.rebinning.rebin/limited_fan",
    ),
    Mistake(
        "l is looked up as u",
        "place = geometry.detectors / np.sqrt(np.maximum(1 - sine**2, 1e-12))",
        "place = geometry.detectors",
        "tomography.rebinning.rebin/fan",
    ),
)
