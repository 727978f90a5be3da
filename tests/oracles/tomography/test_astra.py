"""Projection, adjoint and filtered back-projection against ASTRA's, with its linear projector (extra `astra`)."""

import numpy as np
import pytest

from deepmix import accelerated
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import radon
from tests.problems.tomography import turn

astra = pytest.importorskip("astra")
pytestmark = pytest.mark.oracles
SINGLE = 2e-4  # ASTRA computes in float32; the worst of all rays


def projector(geometry):
    """ASTRA's of a geometry of pixels of 1 mm."""
    height, width = geometry.image_shape
    volume = astra.create_vol_geom(height, width)
    beam = astra.create_proj_geom(
        "parallel", geometry.detector_spacing, len(geometry.detectors), np.asarray(geometry.angles)
    )
    return astra.create_projector("linear", beam, volume)


@pytest.mark.parametrize("size", [(31, 33), (32, 32)], ids=["odd", "even"])
@pytest.mark.parametrize("spacing", [1.0, 0.7])
def test_ct4_joseph(size, spacing):
    geometry = geometries.parallel(turn(24) + 0.1, *size, 70, detector_spacing=spacing)
    rng = np.random.default_rng(0)
    image, sinogram = rng.random(size, np.float32), rng.random((24, 70), np.float32)
    there, back = astra.create_sino(image, projector(geometry)), None
    back = astra.create_backprojection(sinogram, projector(geometry))
    expected = radon.project(image, geometry)
    np.testing.assert_allclose(there[1], expected, atol=SINGLE * expected.max())
    expected = radon.project_back(sinogram, geometry)
    np.testing.assert_allclose(back[1], expected, atol=SINGLE * expected.max())


def test_ct7_filtered_backprojection():
    """ASTRA smears by its adjoint, which differs from interpolation by some thousandths."""
    geometry = geometries.parallel(turn(120, 0.5), 64, 64, 95)
    image = np.zeros((64, 64), np.float32)
    image[20:40, 24:50] = 1
    identity = projector(geometry)
    number, sinogram = astra.create_sino(image, identity)
    settings = astra.astra_dict("FBP")
    settings["ProjectorId"], settings["ProjectionDataId"] = identity, number
    settings["ReconstructionDataId"] = astra.data2d.create("-vol", astra.create_vol_geom(64, 64))
    algorithm = astra.algorithm.create(settings)
    astra.algorithm.run(algorithm)
    expected = astra.data2d.get(settings["ReconstructionDataId"])
    found = accelerated.tomography.backprojection.filtered_backprojection(sinogram, geometry)
    assert np.abs(np.asarray(found) - expected).mean() < 0.01


def test_ct8_fan():
    """ASTRA's fan turns as ours; it has no linear projector for fans: lines through pixels, of a smooth image."""
    distances = {"source_to_axis": 120.0, "source_to_detector": 180.0}
    geometry = geometries.fan(turn(20) + 0.1, 64, 64, 120, detector_spacing=1.2, **distances)
    x, y = geometry.columns, geometry.rows[:, None]
    image = np.exp(-((x - 8) ** 2 + (y + 5) ** 2) / 90) + 0.5 * np.exp(-((x + 12) ** 2 + (y - 9) ** 2) / 40)
    beam = astra.create_proj_geom("fanflat", 1.2, 120, geometry.angles, 120.0, 60.0)
    identity = astra.create_projector("line_fanflat", beam, astra.create_vol_geom(64, 64))
    _, expected = astra.create_sino(image.astype(np.float32), identity)
    found = np.asarray(accelerated.tomography.radon.project(image, geometry))
    np.testing.assert_allclose(found, expected, atol=0.02 * expected.max())
    assert np.abs(found - expected[:, ::-1]).max() > 0.3 * expected.max()
