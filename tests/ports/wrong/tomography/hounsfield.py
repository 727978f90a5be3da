"""Mistakes in `tomography.hounsfield`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "air counts as nothing",
        "1000 * (attenuation - water) / (water - air)",
        "1000 * (attenuation - water) / water",
        "tomography.hounsfield.to_hounsfield/air",
    ),
    Mistake(
        "units begin at air",
        "return water + hounsfield",
        "return air + hounsfield",
        "tomography.hounsfield.from_hounsfield/air_is_nothing",
    ),
)
