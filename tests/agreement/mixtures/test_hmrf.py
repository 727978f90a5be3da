"""Both backends: the hidden Markov field [SV4]."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.reference.mixtures import initialization
from tests.problems.mixtures import external_fields, field_problems, responsibilities
from tests.tolerances import TRAJECTORY, assert_agree, assert_tree_agrees, rounded, tolerance

FREE = {"class_sizes": "free"}
IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@IN_BOTH_DTYPES
@given(data=st.data())
def test_the_parts_of_a_sweep(dtype, data):
    problem = data.draw(field_problems())
    pixels, start = problem.image.reshape(len(problem.image), -1), problem.start
    maps = (len(start.means), *problem.mask.shape)
    densities = reference.mixtures.gaussian.log_density(
        pixels, start.means, start.covariances, problem.covariance_type
    )
    posterior = data.draw(responsibilities(maps[0], problem.mask.size)).reshape(maps)
    given = posterior, densities.reshape(maps), problem.mask, data.draw(external_fields(maps[0]))
    (*low, low_external), (*high, high_external) = rounded(given, dtype)
    for name in ("sweep", "free_energy", "pseudo_nll"):
        compiled = jax.jit(getattr(accelerated.mixtures.hmrf, name), static_argnums=4)
        for of_low, of_high in ((None, None), (low_external, high_external)):
            actual = compiled(*low, problem.beta, problem.diagonals, of_low)
            expected = getattr(reference.mixtures.hmrf, name)(*high, problem.beta, problem.diagonals, of_high)
            assert_agree(actual, expected, tolerance(name, dtype), dtype)
    assert_tree_agrees(
        accelerated.mixtures.hmrf.external_field(low[0], low[2], low_external, problem.beta, problem.diagonals),
        reference.mixtures.hmrf.external_field(high[0], high[2], high_external, problem.beta, problem.diagonals),
        tolerance("external_field", dtype),
        dtype,
        at_least=1.0,  # a log: what it is of has the relative error
    )
    assert_agree(
        accelerated.mixtures.hmrf.neighbour_sum(low[0], problem.diagonals),
        reference.mixtures.hmrf.neighbour_sum(high[0], problem.diagonals),
        tolerance("neighbour_sum", dtype),
        dtype,
    )
    actual = accelerated.mixtures.hmrf.colours(low[2], problem.diagonals)
    assert np.array_equal(actual, reference.mixtures.hmrf.colours(high[2], problem.diagonals))


@IN_BOTH_DTYPES
@given(proportions=responsibilities(3, 1), nll=st.floats(-5, 5), told=st.floats(0.1, 1))
def test_what_neighbours_tell(dtype, proportions, nll, told):
    """Of one precision alone: a difference of numbers that were rounded says little of their own."""
    low = [np.asarray(each, dtype) for each in (proportions[:, 0], nll, nll - told)]
    actual = accelerated.mixtures.hmrf.information(*low)
    expected = reference.mixtures.hmrf.information(*(each.astype(float) for each in low))
    assert_agree(actual, expected, tolerance("information", dtype), dtype)


def test_fit_ends_alike():
    rng = np.random.default_rng(3)
    image = np.where(np.arange(20) < 9, 0.0, 2.0) + rng.normal(0, 1, (2, 20, 20))
    start, mask = initialization.kmeans(image.reshape(2, -1), 2), rng.random((20, 20)) < 0.9
    for options in (
        {},
        {"tol": 1e-7},
        {"max_iter": 0},
        {"max_iter": 1},
        {"beta": 3.0},
        {"floor": np.ones(2)},
        FREE,
    ):
        actual = accelerated.mixtures.hmrf.fit(image, start, mask, **options)
        expected = reference.mixtures.hmrf.fit(image, start, mask, **options)
        assert_agree(actual, expected, TRAJECTORY)
        assert actual.status is expected.status


@pytest.mark.parametrize("diagonals", [False, True])
@pytest.mark.parametrize("shape", [(33, 37), (34, 35, 2)])
def test_what_fills_a_grid_up_never_shows(shape, diagonals):
    """Images of about one size share a program: they are filled up by pixels that do not count."""
    rng = np.random.default_rng(5)
    image = np.where(np.arange(shape[0]) < 15, 0.0, 2.0).reshape(-1, *[1] * (len(shape) - 1))
    image = image + rng.normal(0, 1, (2, *shape))
    start = initialization.kmeans(image.reshape(2, -1), 2)
    actual, expected = (
        package.mixtures.hmrf.fit(image, start, diagonals=diagonals, max_iter=3)
        for package in (accelerated, reference)
    )
    assert_agree(actual, expected, TRAJECTORY)


def test_images_of_about_one_size_share_a_program():
    def fit(shape: tuple[int, int]) -> None:
        image = np.random.default_rng(0).normal(size=(1, *shape))
        accelerated.mixtures.hmrf.fit(image, initialization.kmeans(image.reshape(1, -1), 2))

    fit((129, 136))
    programs = accelerated.mixtures.hmrf.solve._cache_size()
    for shape in ((130, 135), (136, 129)):
        fit(shape)
    assert accelerated.mixtures.hmrf.solve._cache_size() == programs


def test_a_field_in_float32():
    """The dtype of the image is that of the result; labels are those of float64 where these are sure."""
    rng = np.random.default_rng(4)
    image = (np.where(np.arange(24) < 9, 0.0, 2.0) + rng.normal(0, 1, (1, 24, 24))).astype(np.float32)
    start = initialization.kmeans(image.reshape(1, -1), 2)
    low, high = (
        accelerated.mixtures.hmrf.fit(image, start),
        reference.mixtures.hmrf.fit(image.astype(float), start),
    )
    assert low.responsibilities.dtype == np.float32
    assert low.value == pytest.approx(high.value, rel=1e-5)
    sure = high.responsibilities.max(axis=0) > 0.51
    assert np.array_equal(np.asarray(low.labels)[sure], high.labels[sure])
