"""What conjugate gradients need [IP12]."""

from collections.abc import Iterator

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation

from ..case import Case, generator

OPERATIONS = (
    Operation(
        name="squared_norm",
        equations=("IP0",),
        result=("squared",),
        example=lambda shapes: {"array": shapes.mask},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Real and complex."""
    rng = generator("squared norm")
    for name, is_complex in {"real": False, "complex": True}.items():
        yield Case(function="squared_norm", name=name, arguments={"array": draw_array(rng, (3, 4), is_complex)})
