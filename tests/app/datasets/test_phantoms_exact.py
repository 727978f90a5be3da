"""Phantoms of ellipses: their sinograms by other ways, their images, and what they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets import phantoms_exact, spectra
from deepmix.datasets.phantoms_exact import Ellipse, image_of, level_of, sinogram_of
from deepmix.reconstruction.settings import ReconstructionSettings
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import hounsfield, radon
from tests.problems import generators
from tests.problems.tomography import turn

SIZES = {"angles": turn(7) + 0.1, "height": 40, "width": 42, "n_detectors": 63}
DISTANCES = {"source_to_axis": 90.0, "source_to_detector": 120.0}
SCANS = {"parallel": geometries.parallel(**SIZES), "fan": geometries.fan(**SIZES, **DISTANCES)}
by_scan = pytest.mark.parametrize("kind", SCANS)


def drawn(rng) -> list[Ellipse]:
    """Three ellipses within 20 mm of the axis."""
    numbers = zip(
        rng.uniform(-6, 6, (3, 2)),
        rng.uniform(2, 11, (3, 2)),
        rng.uniform(-4, 4, 3),
        rng.normal(size=3),
        strict=True,
    )
    return [Ellipse(x=x, y=y, a=a, b=b, phi=phi, value=value) for (x, y), (a, b), phi, value in numbers]


def at(ellipse: Ellipse, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The value at points, by the quadratic form of the ellipse."""
    turned = np.array([[np.cos(ellipse.phi), -np.sin(ellipse.phi)], [np.sin(ellipse.phi), np.cos(ellipse.phi)]])
    form = turned @ np.diag([ellipse.a**-2.0, ellipse.b**-2.0]) @ turned.T
    points = np.stack(np.broadcast_arrays(x - ellipse.x, y - ellipse.y))
    return ellipse.value * (np.einsum("i...,ij,j...->...", points, form, points) < 1)


@by_scan
@given(rng=generators)
def test_ct4_integrated_along_the_rays(kind, rng):
    """Each ellipse is entered and left once; the midpoint rule errs by half a step at each of the two."""
    ellipses, (theta, offset) = drawn(rng), geometries.rays(SCANS[kind])
    step = 0.05
    t = np.arange(-30, 30, step)[:, None, None] + step / 2
    points = offset * np.cos(theta) - t * np.sin(theta), offset * np.sin(theta) + t * np.cos(theta)
    expected = step * sum(at(each, *points).sum(axis=0) for each in ellipses)
    bound = step * sum(abs(each.value) for each in ellipses)
    assert np.abs(sinogram_of(ellipses, SCANS[kind]) - expected).max() <= bound + 1e-9


@by_scan
def test_ct4_projection_of_a_fine_image(kind):
    """Joseph's sum over rows lies between the chords of two ellipses.

    Where a ray crosses a row it reads pixels at most Δ away. So it reads 1 in the ellipse shrunk by Δ, which holds
    the one with axes 1 − Δ/b times as long, and 0 outside that with axes 1 + Δ/b times as long. It counts points
    Δ/m ≤ √2 Δ apart; a chord holds as many as its length over their distance, and at most one more or less.
    """
    ellipse, geometry = Ellipse(x=3, y=-2, a=14, b=8, phi=0.4, value=0.5), SCANS[kind]
    fine = geometry._replace(columns=np.linspace(-21, 21, 337), rows=np.linspace(20, -20, 321))
    spacing = fine.pixel_spacing
    assert spacing == pytest.approx(0.125)
    found = radon.project(image_of([ellipse], fine, samples=1), fine)
    step = np.sqrt(2) * spacing * ellipse.value
    part = spacing / ellipse.b
    inner, outer = (
        sinogram_of([ellipse._replace(a=scale * ellipse.a, b=scale * ellipse.b)], geometry)
        for scale in (1 - part, 1 + part)
    )
    assert (found >= inner - step).all()
    assert (found <= outer + step).all()
    exact = sinogram_of([ellipse], geometry)
    assert np.sqrt(np.mean((found - exact) ** 2)) < 0.005 * exact.max()


@given(rng=generators)
def test_ct8_rays_of_a_fan_are_parallel_rays_elsewhere(rng):
    ellipses, fan = drawn(rng), SCANS["fan"]
    theta, offset = geometries.rays(fan)
    for detector in (0, 20, 62):
        same = fan._replace(angles=theta[:, detector], detectors=offset[:1, detector], divergence=0.0)
        expected = sinogram_of(ellipses, same)[:, 0]
        np.testing.assert_allclose(sinogram_of(ellipses, fan)[:, detector], expected, atol=1e-12)


@given(rng=generators)
def test_every_view_holds_all_that_there_is(rng):
    """A sum of a function that rises and then falls errs by at most a step times its largest value."""
    ellipses = drawn(rng)
    found = sinogram_of(ellipses, SCANS["parallel"]).sum(axis=1)
    mass = sum(np.pi * each.a * each.b * each.value for each in ellipses)
    bound = sum(2 * max(each.a, each.b) * abs(each.value) for each in ellipses)
    assert np.abs(found - mass).max() <= bound
    fine = SCANS["parallel"]._replace(detectors=np.linspace(-31, 31, 6201))
    assert np.abs(0.01 * sinogram_of(ellipses, fine).sum(axis=1) - mass).max() <= 0.01 * bound


@given(rng=generators, samples=st.integers(1, 5))
def test_image_at_points_of_each_pixel(rng, samples):
    ellipses, geometry = drawn(rng), SCANS["parallel"]
    middles = np.linspace(0, 1, 2 * samples + 1)[1::2] - 0.5
    places = [(geometry.columns + x, geometry.rows[:, None] + y) for x in middles for y in middles]
    expected = np.mean([sum(at(each, *place) for each in ellipses) for place in places], axis=0)
    np.testing.assert_allclose(image_of(ellipses, geometry, samples), expected, atol=1e-12)


def test_shepp_logan_where_its_parts_are():
    geometry = geometries.parallel(turn(4), 201, 201, 300, pixel_spacing=0.01)
    image = image_of(phantoms_exact.shepp_logan(), geometry, samples=1)
    expected = {
        (0, 0.95): 0, (0, 0.9): 1, (0, -0.905): 1, (0.67, 0): 1, (0, 0): 0.2, (0.22, 0): 0, (-0.22, 0): 0,
        (-0.33, 0.3): 0, (-0.33, -0.3): 0.2, (0.33, -0.3): 0.2, (0.27, 0.2): 0, (0.27, -0.2): 0.2,
        (0, 0.4): 0.3, (0, 0.07): 0.3, (0, -0.1): 0.3, (-0.08, -0.6): 0.3, (0, -0.6): 0.3,
        (0.06, -0.63): 0.3, (-0.08, -0.63): 0.2,
    }  # fmt: skip
    found = {(x, y): image[100 - round(100 * y), 100 + round(100 * x)] for x, y in expected}
    assert found == pytest.approx(expected, abs=1e-12)


def test_shepp_logan_of_another_size_and_value():
    geometry = geometries.parallel(turn(4), 201, 201, 201, pixel_spacing=0.01, detector_spacing=0.0142)
    found = sinogram_of(
        phantoms_exact.shepp_logan(200, 0.05), geometry._replace(detectors=100 * geometry.detectors)
    )
    np.testing.assert_allclose(found, 5 * sinogram_of(phantoms_exact.shepp_logan(), geometry), atol=1e-9)


@pytest.mark.parametrize("energy", [0, 4])
def test_the_body_in_hounsfield_units(energy):
    """At the energy that they are of, tissues have the middle of their units; at others water still has 0."""
    water, bone = (spectra.ATTENUATION[material] for material in ("water", "bone"))
    materials = phantoms_exact.body(bone[energy] / water[energy])
    geometry = geometries.parallel(turn(4), 256, 256, 300)
    parts = {material: image_of(each, geometry, samples=1) for material, each in materials.items()}
    units = hounsfield.to_hounsfield(water[energy] * parts["water"] + bone[energy] * parts["bone"], water[energy])
    assert sorted(set(np.round(units, 9).ravel())) == [-1000, -650, -105, 0, 45, 1100]
    other = 2 - energy // 2
    units = hounsfield.to_hounsfield(water[other] * parts["water"] + bone[other] * parts["bone"], water[other])
    assert {-1000, -650, -105, 0, 45} < set(np.round(units, 9).ravel())
    assert (units.max() > 1100) == (other < energy)  # bone attenuates soft rays more than water does


def test_what_lies_in_the_body_lies_apart():
    geometry = geometries.parallel(turn(4), 256, 256, 300)
    parts = [each for _, each in phantoms_exact.SOFT_TISSUES] + list(phantoms_exact.BONES)
    assert sum((level_of(each, geometry) < 1).astype(int) for each in parts).max() == 1
    covered = np.any([level_of(each, geometry) < 1 for each in parts], axis=0)
    level = level_of(phantoms_exact.WATER, geometry)
    assert 0.2 < level[covered].min() < level[covered].max() < 0.78


def test_the_spectrum_and_what_is_attenuated_of_it():
    """Harder photons pass more easily, above all through bone; water at 60 keV is the default of the settings."""
    assert spectra.PHOTONS.sum() == pytest.approx(1)
    water, bone = spectra.ATTENUATION["water"], spectra.ATTENUATION["bone"]
    assert len(water) == len(bone) == len(spectra.ENERGIES) == len(spectra.PHOTONS)
    assert (np.diff(water) < 0).all()
    assert (np.diff(bone / water) < 0).all()
    at_60 = spectra.ENERGIES == 60
    assert water[at_60] == pytest.approx(ReconstructionSettings.mu_water, rel=0.001)
