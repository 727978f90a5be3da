"""The levels of the network [NN2]: kernels and factors along each axis."""

from collections.abc import Iterator

from deepmix.conformance.operation import Operation
from deepmix.conformance.tolerances import EXACT
from deepmix.reference.networks.records import UNetConfig

from ..case import Case

OPERATIONS = (
    Operation(
        name="plan",
        equations=("NN2",),
        result=("kernels", "factors", "multiples"),
        rule=EXACT,
        form="shared",
        notes={"kernels": "(L + 1, axes)", "factors": "(L, axes)", "multiples": "(axes,)"},
        not_exported="a few integers, found on the host",
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Images and volumes, of equal spacing and of thick slices, long and short."""
    configs = {
        "image": UNetConfig(depth=3),
        "volume": UNetConfig(depth=2, spacing=(0.7, 0.7, 0.7)),
        "thick_slices": UNetConfig(spacing=(1.0, 1.0, 5.0), size=(96, 96, 20)),
        "twice_as_thick": UNetConfig(depth=2, spacing=(1.0, 1.0, 2.0)),
        "short_axis": UNetConfig(depth=4, spacing=(1.0, 1.0, 1.0), size=(9, 64, 15)),
        "short_axis_of_fine_spacing": UNetConfig(depth=2, spacing=(1.0, 1.0, 0.4), size=(32, 32, 5)),
        "one_slice": UNetConfig(depth=2, spacing=(1.0, 1.0, 1.0), size=(16, 16, 1)),
        "fewer_poolings": UNetConfig(depth=4, spacing=(1.0, 1.0), size=(16, 20)),
    }
    for name, config in configs.items():
        yield Case(function="plan", name=name, arguments={"config": config})
    wrong = {"spacing_of_one_axis": UNetConfig(spacing=(1.0,)), "spacing_of_0": UNetConfig(spacing=(1.0, 0.0))}
    wrong["size_of_other_axes"] = UNetConfig(size=(8, 8, 8))
    for name, config in wrong.items():
        yield Case(function="plan", name=f"rejects_{name}", arguments={"config": config}, rejected=True)
