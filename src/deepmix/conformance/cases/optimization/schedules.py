"""Schedules of the learning rate [U7]."""

from collections.abc import Iterator

from deepmix.conformance.operation import Operation

from ..case import Case

OPERATIONS = (
    Operation(
        name="polynomial_decay",
        equations=("U7",),
        result=("learning_rate",),
        form="as_it_is",
        not_exported="a number of numbers: there is no array",
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """The first epoch, the last, and one between."""
    for name, epoch in {"first_epoch": 0, "middle": 37, "last_epoch": 99}.items():
        options = {"learning_rate": 1e-3, "epoch": epoch, "n_epochs": 100}
        yield Case(function="polynomial_decay", name=name, arguments=options)
