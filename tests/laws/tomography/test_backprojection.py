"""Laws of filtered back-projection [CT5]–[CT7], and of rebinning [CT8]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets.phantoms_exact import level_of, sinogram_of
from deepmix.reference.tomography import backprojection, radon, rebinning
from deepmix.reference.tomography import geometry as geometries
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.tomography import ELLIPSE, scans, turn

FAN = {"source_to_axis": 90.0, "source_to_detector": 180.0, "detector_spacing": 2.0}


@given(rng=generators, n=st.integers(3, 12), start=st.floats(-3, 3))
def test_ct5_weights_are_half_the_gaps_and_sum_to_half_a_turn(rng, n, start):
    angles = start + np.pi / n * (np.arange(n) + rng.uniform(-0.3, 0.3, n))
    order, turns = rng.permutation(n), np.pi * rng.integers(-1, 2, n)
    weights = backprojection.angle_weights(angles)
    close(weights.sum(), np.pi)
    close(weights[1:-1], (angles[2:] - angles[:-2]) / 2, 1e-9)
    close(backprojection.angle_weights((angles + turns)[order]), weights[order], 1e-9)


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        (turn(6, 0.5), np.full(6, np.pi / 6)),
        (turn(6), np.full(6, np.pi / 6)),
        (np.tile(turn(5, 0.5), 3), np.full(15, np.pi / 15)),
        (0.1 * np.arange(6), np.full(6, 0.1)),
    ],
    ids=["half_a_turn", "a_turn", "three_times", "a_gap"],
)
def test_ct5_weights_of_even_angles(angles, expected):
    """Views that were measured twice weigh together what one does; a gap counts as a usual one."""
    found = backprojection.angle_weights(angles)
    close(found.sum(), expected.sum())
    distinct = np.unique((angles % np.pi).round(9))
    together = [found[np.isclose(angles % np.pi, each)].sum() for each in distinct]
    close(np.array(together), np.full(len(distinct), expected.sum() / len(distinct)), 1e-9)


@pytest.mark.parametrize("period", [1, 2])
@pytest.mark.parametrize("fine", [0.25, 0.1])
def test_ct5_views_may_be_sparse_in_a_part_of_the_turn(fine, period, recwarn):
    """A quarter turn densely, another by 2°: none is missing, nothing is warned of, and the image is right."""
    angles = np.deg2rad(np.concatenate([np.arange(0, 90, fine), np.arange(90, 180, 2.0)]))
    angles = np.concatenate([angles + k * np.pi for k in range(period)])
    close(backprojection.angle_weights(angles).sum(), np.pi)
    geometry = geometries.parallel(angles, 40, 42, 67)
    assert not recwarn.list
    if period == 1:
        image = backprojection.filtered_backprojection(sinogram_of([ELLIPSE], geometry), geometry)
        assert image[level_of(ELLIPSE, geometry) < 0.75].mean() == pytest.approx(ELLIPSE.value, rel=0.002)


@pytest.mark.parametrize("n", [40, 180])
def test_ct5_views_at_random_leave_no_gap(n, recwarn):
    for seed in range(20):
        angles = np.random.default_rng(seed).uniform(0, np.pi, n)
        close(backprojection.angle_weights(angles).sum(), np.pi)
        geometries.parallel(angles, 6, 6, 12)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("angles", "seen"),
    [
        (np.arange(0, 120.0), 120),
        (np.concatenate([np.arange(0, 60.0), np.arange(90, 120.0), np.arange(150, 180.0)]), 120),
        (np.concatenate([np.arange(0, 60, 0.25), np.arange(60, 120, 2.0)]), 122),
        (np.array([10.0, 11]), 2),
    ],
    ids=["one_gap", "two_gaps", "sparse_in_a_part", "two_views"],
)
def test_ct5_where_no_view_was_measured_nothing_counts(angles, seen):
    """To within the usual gap, of 2° where views are sparse."""
    with pytest.warns(UserWarning, match="the angles leave a gap of"):
        geometry = geometries.parallel(np.deg2rad(angles), 6, 6, 12)
    assert np.rad2deg(backprojection.angle_weights(geometry.angles).sum()) == pytest.approx(seen, abs=2.1)


@pytest.mark.parametrize("away", [0.0, 1e-4, np.pi])
def test_views_of_one_direction_are_warned_of(away):
    with pytest.warns(UserWarning, match="the angles leave a gap of 180° of 180°"):
        geometries.parallel(np.array([0.3, 0.3 + away]), 6, 6, 12)


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
