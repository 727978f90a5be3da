"""Algorithm 1, EM for the Gaussian mixture [EM]: its steps and short fits."""

from collections.abc import Iterator

from deepmix.conformance.operation import Operation
from deepmix.reference.mixtures.records import Mixture

from ..case import Case
from . import _em, _family_fits
from ._pixels import E_STEP, POSTERIOR, Pixels

OPERATIONS = (
    Operation(name="e_step", equations=("EM1",), result=E_STEP, rules=POSTERIOR),
    Operation(name="m_step", equations=("EM3", "G2", "G3"), result=("mixture", "moments")),
    Operation(name="nll", equations=("EM2",), result=("nll",)),
    Operation(name="fit", equations=("EM1", "EM2", "EM3", "EM4", "G3"), result=("fit",), form="as_it_is"),
)


def cases(dtype: str) -> Iterator[Case]:
    """Steps, then fits."""
    yield from _em.steps_and_fits(_start, dtype)
    yield _em.point(_start)
    yield from _family_fits.steps(_start)


def paper() -> Iterator[Case]:
    """The sizes of the paper."""
    yield from _em.paper_sizes(_start)


def _start(given: Pixels) -> Mixture:
    """The drawn mixture."""
    return given.mixture
