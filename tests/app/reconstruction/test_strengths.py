"""The strength from the noise, and what is left of the data against it."""

import numpy as np
import pytest

import deepmix
from deepmix.reconstruction import strengths
from deepmix.reconstruction.strengths import Attempt
from deepmix.reference.inverse.records import Matrix
from tests.app.reconstruction import test_gaps
from tests.app.reconstruction.test_gaps import INSIDE

GEOMETRY = test_gaps.GEOMETRY._replace(angles=test_gaps.GEOMETRY.angles[::3])
SINOGRAM = test_gaps.SINOGRAM[::3]
COUNTS = np.random.default_rng(1).poisson(2e4 * np.exp(-SINOGRAM)).astype(float)
NOISY = SINOGRAM + np.random.default_rng(1).normal(0, 0.01, SINOGRAM.shape)
POSED = {"counts": (COUNTS, {"flat": 2e4}), "integrals": (NOISY, {"noise": 0.01})}


@pytest.mark.parametrize("posed", POSED)
@pytest.mark.parametrize("method", ["tikhonov", "tv"])
def test_the_largest_strength_is_found_that_explains_all_but_the_noise(method, posed):
    data, options = POSED[posed]
    options = options | {"max_iter": 100}
    found = deepmix.reconstruct(data, GEOMETRY, method, strength="auto", **options).report
    assert 0.9 < found["residual_sigma"] <= 1
    assert found["sigma"] == options.get("noise", 1)
    image = deepmix.reconstruct(data, GEOMETRY, method, strength=found["strength"], **options).image
    assert image[INSIDE].mean() == pytest.approx(0.02, rel=0.05)
    stronger = deepmix.reconstruct(data, GEOMETRY, method, strength=1.4 * found["strength"], **options).report
    assert stronger["residual_sigma"] > 1
    assert stronger["lambda"] == pytest.approx(1.4 * found["lambda"], rel=1e-4)


def test_what_is_left_is_a_sigma_if_the_image_is_the_true_one():
    """Of weights that are inverse variances, and of a matrix that fits nothing of the noise."""
    rng = np.random.default_rng(0)
    rows, variances = rng.normal(size=(4000, 2)), rng.uniform(0.5, 2, 4000)
    data = rows @ [1.0, 2.0] + np.sqrt(variances) * rng.normal(size=4000)
    weights = 1 / variances
    weights[:1000] = 0
    report = deepmix.reconstruct(data, Matrix(rows=rows), "cgls", weights=weights).report
    assert report["residual_sigma"] == pytest.approx(1, abs=0.05)
    assert "residual_sigma" not in deepmix.reconstruct(data, Matrix(rows=rows), "cgls").report


def test_every_strength_is_a_part_of_the_progress():
    places = []
    options = {"strength": "auto", "max_iter": 10, "noise": 0.02, "progress": places.append}
    deepmix.reconstruct(NOISY, GEOMETRY, "tikhonov", **options)
    assert [places[0].part, places[0].n_parts] == [0, 1]
    assert places[-1].part == places[-1].n_parts - 1 > 2


@pytest.mark.parametrize("exact", [1.3e-6, 0.0123, 0.1, 7.0])
def test_few_trials_find_it(exact):
    tried = []

    def reconstruct(strength, before):
        assert before in tried or not tried
        tried.append(Attempt(strength=strength, deviation=(strength / exact) ** 0.5, found=None))
        return tried[-1]

    best = strengths.largest(reconstruct, 1.0)
    assert exact / 1.2 <= best.strength <= exact
    assert len(tried) < 14


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"method": "tv"},
            "strength auto needs the noise: give noise, the standard deviation of the line integrals",
        ),
        ({"method": "fbp"}, "strength is for tikhonov and tv, not for fbp"),
        ({"method": "tv", "flat": 1e4, "noise": 1}, "counts have Poisson's noise; noise goes with line integrals"),
        ({"method": "tv", "noise": -1}, "noise must be positive, got -1"),
        (
            {"method": "tikhonov", "noise": 1e-6, "max_iter": 5},
            "no strength explains the data to within the noise",
        ),
        ({"method": "tv", "strength": 0}, "strength must be positive, or auto"),
        ({"method": "tv", "strength": "much"}, "strength must be a number that is not negative, or auto"),
    ],
)
def test_what_cannot_be_chosen_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        deepmix.reconstruct(SINOGRAM, GEOMETRY, **{"strength": "auto"} | options)


def test_noise_that_hides_everything_is_told_of():
    with pytest.warns(UserWarning, match="an image without structure explains the data"):
        found = deepmix.reconstruct(NOISY, GEOMETRY, "tikhonov", strength="auto", noise=1.0, max_iter=20)
    assert found.report["residual_sigma"] < 1
