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
    Mistake(
        "a gap counts in full",
        "np.where(gaps > GAP * np.maximum(usual, beside), usual, gaps)",
        "gaps",
        "tomography.backprojection.angle_weights/limited",
    ),
    Mistake(
        "a gap is compared with all views alone",
        "np.maximum(usual, beside)",
        "usual",
        "tomography.backprojection.angle_weights/sparse_in_a_part",
    ),
)
