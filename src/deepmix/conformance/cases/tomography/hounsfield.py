"""Hounsfield units [CT10]."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation

from ..case import Case

WATER = 0.0206  # a mm, at 60 keV
OPERATIONS = (
    Operation(
        name="to_hounsfield",
        equations=("CT10",),
        result=("hounsfield",),
        example=lambda shapes: {"attenuation": shapes.mask, "water": WATER},
    ),
    Operation(
        name="from_hounsfield",
        equations=("CT10",),
        result=("attenuation",),
        example=lambda shapes: {"hounsfield": shapes.mask, "water": WATER},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """With air of no attenuation, and with its own."""
    mu, units = np.array([[0.0, 0.01], [0.0206, 0.05]]), np.array([-1000.0, -120, 0, 55, 1900])
    for name, air in {"air_is_nothing": 0.0, "air": 2.2e-5}.items():
        options = {"water": WATER, "air": air}
        yield Case(function="to_hounsfield", name=name, arguments={"attenuation": mu} | options)
        yield Case(function="from_hounsfield", name=name, arguments={"hounsfield": units} | options)
