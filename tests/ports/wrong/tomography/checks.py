"""Mistakes in `tomography.checks`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "degrees pass",
        "    if np.abs(given).max() > LARGEST_ANGLE:",
        "    if np.abs(given).max() > 360:",
        "tomography.geometry.parallel/degrees",
    ),
    Mistake(
        "the period of a full turn is that of half a turn",
        "folded = np.sort(angles % period)",
        "folded = np.sort(angles % np.pi)",
        "tomography.rebinning.rebin/fan_of_a_turn",
    ),
)
