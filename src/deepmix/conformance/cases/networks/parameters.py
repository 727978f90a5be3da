"""The start of the network [U0], [NN2], from given uniform numbers."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation
from deepmix.reference.networks.records import UNetConfig

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="unet_parameters",
        equations=("U0", "NN2"),
        result=("parameters",),
        form="shared",
        not_exported="drawn by NumPy on the host",
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Networks of several depths."""
    configs = {
        "one_pooling": (2, 3, UNetConfig(depth=1, filters=2), 423),
        "two_poolings": (1, 2, UNetConfig(depth=2, filters=2), 1746),
        "volume": (1, 2, UNetConfig(depth=1, filters=1, spacing=(1.0, 1.0, 1.0)), 308),
        "volume_of_thick_slices": (1, 2, UNetConfig(depth=1, filters=1, spacing=(1.0, 1.0, 3.0)), 218),
        "no_pooling": (3, 1, UNetConfig(depth=0, filters=2), 95),
    }
    for name, (m, k, config, size) in configs.items():
        uniforms = generator(name).random(size)
        options = {"n_channels": m, "n_components": k, "config": config, "uniforms": uniforms}
        yield Case(function="unet_parameters", name=name, arguments=options)
    wrong = options | {"uniforms": np.zeros(7)}
    yield Case(
        function="unet_parameters", name="rejects_uniforms_of_another_length", arguments=wrong, rejected=True
    )
