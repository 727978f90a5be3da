"""Tiny networks."""

from hypothesis import strategies as st

from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree
from tests.problems.drawn import generators

CONFIGS = (
    UNetConfig(depth=1, filters=2),
    UNetConfig(depth=1, filters=4, negative_slope=0.2),
    UNetConfig(depth=2, filters=2),
    UNetConfig(depth=2, filters=3),
)

configs = st.sampled_from(CONFIGS)
VOLUMES = (
    UNetConfig(depth=1, filters=2, spacing=(1.0, 1.0, 1.0)),
    UNetConfig(depth=2, filters=2, spacing=(1.0, 1.0, 3.0), size=(8, 8, 2)),
)
VOLUME = (8, 8, 2)  # pixels, multiples of what both need


@st.composite
def networks(draw, m: int, k: int) -> tuple[UNetConfig, Tree]:
    """A tiny U-Net for M channels and K classes."""
    config = draw(configs)
    return config, draw_parameters(draw(generators), m, k, config)
