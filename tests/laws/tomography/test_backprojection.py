"""Laws of smearing and filtered back-projection [CT5]–[CT7], and of rebinning [CT8]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import level_of, sinogram_of
from deepmix.reference.tomography import backprojection, radon, rebinning
from deepmix.reference.tomography import geometry as geometries
from tests.laws.helpers import close
from tests.problems.tomography import ELLIPSE, scans, turn

FAN = {"source_to_axis": 90.0, "source_to_detector": 180.0, "detector_spacing": 2.0}


@given(scan=scans(divergent=False), value=st.floats(0.1, 3))
def test_ct5_views_of_one_value_smear_to_that_value(scan, value):
    wide = scan.geometry._replace(angles=turn(4, 0.5), detectors=100 * np.linspace(-1, 1, 9))
    close(backprojection.smear(np.full((4, 9), value), wide), np.full(scan.image.shape, value * np.pi))


@given(scan=scans(divergent=False))
def test_ct6_slices_along_the_axes_are_exact(scan):
    """The DFT of the view at θ = 0 is the row of that of the image where ρ_Y = 0; at π/2, Y rising, the column."""
    geometry, spacing = scan.geometry, scan.geometry.pixel_spacing
    right = np.array([0.0, np.pi / 2])
    below = radon.project(scan.image, geometry._replace(angles=right, detectors=geometry.columns))[0]
    beside = radon.project(scan.image, geometry._replace(angles=right, detectors=geometry.rows[::-1]))[1]
    close(np.fft.fft(below), spacing * np.fft.fft2(scan.image)[0])
    close(np.fft.fft(beside), spacing * np.fft.fft2(scan.image[::-1])[:, 0])


@given(sigma=st.floats(2, 3), angle=st.floats(0, np.pi))
def test_ct6_slices_of_a_gaussian_are_exact_everywhere(sigma, angle):
    """At any angle: a Gaussian's view is a Gaussian, whose transform is that of the image on the line."""
    geometry = geometries.parallel(np.array([angle, angle + np.pi / 2]), 32, 32, 33)
    image = np.exp(-(geometry.columns**2 + geometry.rows[:, None] ** 2) / (2 * sigma**2))
    view = radon.project(image, geometry)[0]
    frequencies = np.arange(4) / 40
    found = (view * np.exp(-2j * np.pi * frequencies[:, None] * geometry.detectors)).sum(axis=1)
    exact = 2 * np.pi * sigma**2 * np.exp(-2 * (np.pi * sigma * frequencies) ** 2)
    close(found, exact, 0.03)


def test_ct7_the_filter_is_the_one_in_closed_form():
    geometry = geometries.parallel(turn(2, 0.5), 4, 4, 9, detector_spacing=0.5)
    impulse = np.zeros((2, 9))
    impulse[0, 4] = 1
    away = np.arange(9) - 4
    h = np.where(away % 2, -1 / (np.pi * np.where(away == 0, 1, away) * 0.5) ** 2, 0)
    h[4] = 1 / (4 * 0.5**2)
    close(backprojection.sharpen(impulse, geometry), 0.5 * np.stack([h, 0 * h]))


@pytest.mark.parametrize("window", backprojection.WINDOWS)
def test_ct7_windows_keep_slow_changes_and_damp_fast_ones(window):
    geometry = geometries.parallel(turn(2, 0.5), 4, 4, 64)
    slow, fast = np.exp(-((geometry.detectors / 12) ** 2)), (-1.0) ** np.arange(64)
    views = np.stack([slow, fast])
    plain, found = backprojection.sharpen(views, geometry), backprojection.sharpen(views, geometry, window)
    close(found[0, 16:48], plain[0, 16:48], 0.05)
    middle = np.abs(found[1, 24:40]).mean() / np.abs(plain[1, 24:40]).mean()
    at_the_end = {"ram-lak": 1, "shepp-logan": 2 / np.pi, "cosine": 0, "hamming": 0.08, "hann": 0}
    assert middle == pytest.approx(at_the_end[window], abs=0.03)
    cut = backprojection.sharpen(views, geometry, window, 0.5)
    assert np.abs(cut[1, 24:40]).mean() < 0.05 * np.abs(plain[1, 24:40]).mean()


@pytest.mark.parametrize("kind", ["parallel", "fan", "short_fan"])
def test_ct7_ct8_ellipse(kind):
    """Within half a per cent of its value inside, on average a thousandth of it outside."""
    size = 40, 42, 67
    geometry = {
        "parallel": lambda: geometries.parallel(turn(90, 0.5), *size),
        "fan": lambda: geometries.fan(turn(180), *size, **FAN),
        "short_fan": lambda: geometries.fan(turn(120, 0.62), *size, **FAN),
    }[kind]()
    image = backprojection.filtered_backprojection(sinogram_of([ELLIPSE], geometry), geometry)
    level = level_of(ELLIPSE, geometry)
    assert np.abs(image[level < 0.75] / ELLIPSE.value - 1).max() < 0.02
    assert image[level < 0.75].mean() == pytest.approx(ELLIPSE.value, rel=0.002)
    assert abs(image[level > 1.3].mean()) < 0.002 * ELLIPSE.value


@given(scan=scans(divergent=False), unit=st.floats(0.1, 10))
def test_ct7_in_another_unit_of_length(scan, unit):
    lengths = {name: unit * getattr(scan.geometry, name) for name in ("detectors", "columns", "rows")}
    found = backprojection.filtered_backprojection(scan.sinogram, scan.geometry._replace(**lengths))
    close(found, backprojection.filtered_backprojection(scan.sinogram, scan.geometry) / unit, 1e-9)


def test_ct8_a_fan_is_rebinned_to_the_parallel_views():
    geometry = geometries.fan(turn(120), 40, 42, 67, **FAN)
    exact = sinogram_of([ELLIPSE], geometry._replace(divergence=0.0))
    error = rebinning.rebin(sinogram_of([ELLIPSE], geometry), geometry) - exact
    assert np.abs(error).mean() < 0.005 * exact.max()


def test_ct8_rays_that_were_not_measured_are_0():
    geometry = geometries.fan(turn(120), 40, 42, 67, **FAN)
    part = geometry._replace(angles=geometry.angles[:20])
    found = rebinning.rebin(np.ones(part.sinogram_shape), part)
    assert ((found == 0) | np.isclose(found, 1)).all()
    assert np.isclose(found, 1).any()
    assert (found == 0).any()
