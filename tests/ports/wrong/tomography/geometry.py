"""Mistakes in `tomography.geometry`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "rows count upwards",
        "rows=-_centred(height)",
        "rows=_centred(height)",
        "tomography.geometry.parallel/units",
    ),
    Mistake(
        "the shift is in detectors",
        "* detector_spacing + shift",
        "* detector_spacing + shift * detector_spacing",
        "tomography.geometry.parallel/shifted",
    ),
    Mistake(
        "the fan turns the other way",
        "theta = geometry.angles[:, None] - gamma",
        "theta = geometry.angles[:, None] + gamma",
        "tomography.geometry.rays/fan",
    ),
    Mistake(
        "the detector is taken to be at the axis",
        "scale = source_to_axis / source_to_detector",
        "scale = 1.0",
        "tomography.geometry.fan/units",
    ),
)
