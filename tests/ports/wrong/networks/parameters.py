"""Mistakes in `networks.parameters`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "fan_in counts the filters that come out",
        '1 / np.sqrt(np.prod(layer["kernel"][:-1]))',
        '1 / np.sqrt(np.prod(layer["kernel"]) / layer["kernel"][-2])',
        "networks.parameters.unet_parameters/one_pooling",
    ),
)
