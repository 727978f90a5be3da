"""Laws of the projection and its adjoint [CT4]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import image_of, sinogram_of
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import radon
from tests.laws.helpers import close
from tests.problems.tomography import ELLIPSE, scans, turn


@given(scan=scans(), factor=st.floats(-3, 3))
def test_ct4_linear(scan, factor):
    other = np.flip(scan.image) - 0.5
    expected = radon.project(scan.image, scan.geometry) + factor * radon.project(other, scan.geometry)
    close(radon.project(scan.image + factor * other, scan.geometry), expected, scale=10.0)


@given(scan=scans())
def test_ct4_adjoint(scan):
    """⟨Ax, y⟩ = ⟨x, A*y⟩ to rounding: both are sums of the same products, none of which is negative."""
    there = np.vdot(radon.project(scan.image, scan.geometry), scan.sinogram)
    back = np.vdot(scan.image, radon.project_back(scan.sinogram, scan.geometry))
    close(there, back, 1e-13)


@given(scan=scans())
def test_ct4_lengths_are_not_negative_and_add_up_along_the_axes(scan):
    assert (radon.project(scan.image, scan.geometry) >= 0).all()
    geometry = scan.geometry
    along = geometry._replace(angles=np.array([0.0, np.pi / 2]), detectors=geometry.columns, divergence=0.0)
    close(radon.project(scan.image, along)[0], geometry.pixel_spacing * scan.image.sum(axis=0))


@given(scan=scans(divergent=False))
def test_ct4_half_a_turn_mirrors_a_view(scan):
    """(θ + π, −l) is the ray (θ, l)."""
    geometry = scan.geometry
    mirrored = geometry._replace(angles=geometry.angles + np.pi, detectors=-geometry.detectors[::-1])
    close(radon.project(scan.image, mirrored)[:, ::-1], radon.project(scan.image, geometry))


@given(scan=scans())
def test_ct4_a_turned_image_is_seen_a_quarter_turn_later(scan):
    geometry = scan.geometry
    turned = geometry._replace(
        angles=geometry.angles + np.pi / 2, rows=geometry.columns[::-1], columns=-geometry.rows
    )
    close(radon.project(np.rot90(scan.image), turned), radon.project(scan.image, geometry), 1e-9)


@given(scan=scans(divergent=False), a=st.floats(-1, 1), b=st.floats(-1, 1), c=st.floats(-1, 1))
def test_ct4_affine_images_are_exact_on_rays_that_cross_every_row(scan, a, b, c):
    """a + bX + cY has its value at the middle of such a ray, times the ray's length between the image's edges."""
    geometry = scan.geometry._replace(angles=np.array([-0.3, 0.0, 0.2, np.pi + 0.1]))
    x, y, spacing = geometry.columns, geometry.rows[:, None], geometry.pixel_spacing
    found = radon.project(a + b * x + c * y, geometry)
    theta, offset = geometries.rays(geometry)
    crossings = (offset[..., None] - geometry.rows * np.sin(theta)[..., None]) / np.cos(theta)[..., None]
    inside = (np.abs(crossings) <= x[-1]).all(axis=-1)
    assert inside.any()
    expected = (a + b * offset / np.cos(theta)) * len(y) * spacing / np.abs(np.cos(theta))
    close(found[inside], expected[inside], 1e-10, scale=10 * spacing * len(y))


@given(scan=scans())
def test_ct4_rays_beside_the_image_see_nothing(scan):
    far = 2 * np.hypot(*scan.image.shape) * scan.geometry.pixel_spacing
    beside = scan.geometry._replace(detectors=scan.geometry.detectors + far, divergence=0.0)
    assert (radon.project(scan.image, beside) == 0).all()


@given(scan=scans(), unit=st.floats(0.1, 10))
def test_ct4_in_another_unit_of_length(scan, unit):
    geometry = scan.geometry
    lengths = {name: unit * getattr(geometry, name) for name in ("detectors", "columns", "rows")}
    larger = geometry._replace(divergence=geometry.divergence / unit, **lengths)
    close(radon.project(scan.image, larger), unit * radon.project(scan.image, geometry), 1e-10)


@pytest.mark.parametrize("divergent", [False, True], ids=["parallel", "fan"])
def test_ct4_ellipse(divergent):
    """Pixels by 16 samples each; what is left are the steps of the border."""
    sizes = {"angles": turn(9) + 0.1, "height": 40, "width": 40, "n_detectors": 61}
    if divergent:
        geometry = geometries.fan(**sizes, source_to_axis=90.0, source_to_detector=90.0)
    else:
        geometry = geometries.parallel(**sizes)
    exact = sinogram_of([ELLIPSE], geometry)
    error = radon.project(image_of([ELLIPSE], geometry), geometry) - exact
    assert np.abs(error).max() < 0.15 * exact.max()
    assert np.sqrt((error**2).mean()) < 0.012 * exact.max()


def test_what_does_not_match_is_refused():
    geometry = geometries.parallel(turn(4), 6, 7, 12)
    with pytest.raises(
        ValueError, match=r"image has the shape \(7, 6\), the geometry \(6, 7\) of rows and columns"
    ):
        radon.project(np.zeros((7, 6)), geometry)
    with pytest.raises(
        ValueError, match=r"sinogram has the shape \(12, 4\), the geometry \(4, 12\) of angles and"
    ):
        radon.project_back(np.zeros((12, 4)), geometry)
    with pytest.raises(ValueError, match="image must be real, got complex numbers"):
        radon.project(np.zeros((6, 7), complex), geometry)
