"""What projection, its adjoint and filtered back-projection hold: nothing of the size views × pixels."""

import jax
import jax.numpy as jnp
import pytest

from deepmix.accelerated.tomography import backprojection, radon
from deepmix.reference.tomography import geometry as geometries
from tests.problems.tomography import turn

# Times the image and the sinogram. Views are padded to over twice their length, and are complex there.
MOST = {"project": 10, "project_back": 10, "filtered_backprojection": 20}
N, N_VIEWS, N_DETECTORS = 64, 90, 95


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("divergent", [False, True], ids=["parallel", "fan"])
@pytest.mark.parametrize("name", MOST)
def test_a_few_times_image_and_sinogram_are_held(name, divergent):
    sizes = turn(N_VIEWS), N, N, N_DETECTORS
    fan = {"source_to_axis": 200.0, "source_to_detector": 200.0}
    geometry = geometries.fan(*sizes, **fan) if divergent else geometries.parallel(*sizes)
    geometry = jax.tree.map(jnp.float32, geometry)
    shape = geometry.image_shape if name == "project" else geometry.sinogram_shape
    function = getattr(backprojection if name == "filtered_backprojection" else radon, name)
    compiled = jax.jit(function).lower(jnp.zeros(shape, jnp.float32), geometry).compile()
    held = compiled.memory_analysis().temp_size_in_bytes
    assert held <= MOST[name] * 4 * (N * N + N_VIEWS * N_DETECTORS)
