"""Laws of the levels of a network [NN2]: what happens along each axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.networks.levels import plan
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.networks.unet import unet
from deepmix.reference.trees import leaves
from tests import problems
from tests.laws.helpers import close

spacings = st.lists(st.sampled_from([0.4, 1.0, 2.0, 3.0, 7.0]), min_size=2, max_size=3).map(tuple)
depths = st.integers(0, 5)


@st.composite
def configs(draw) -> UNetConfig:
    spacing = draw(spacings)
    size = tuple(draw(st.lists(st.integers(1, 70), min_size=len(spacing), max_size=len(spacing))))
    return UNetConfig(depth=draw(depths), filters=1, spacing=spacing, size=size)


def test_nn2_the_parameters_of_a_volume_are_so_many():
    of_volumes = UNetConfig(depth=4, filters=32, spacing=(1.0, 1.0, 1.0))
    assert sum(leaf.size for leaf in leaves(unet_parameters(3, 4, of_volumes))) == 21_360_068


@given(depth=depths, spacing=st.floats(0.1, 10))
def test_nn2_equal_spacings_halve_everything(depth, spacing):
    for n_axes in (2, 3):
        kernels, factors, multiples = plan(UNetConfig(depth=depth, spacing=(spacing,) * n_axes))
        assert kernels == ((3,) * n_axes,) * (depth + 1)
        assert factors == ((2,) * n_axes,) * depth
        assert multiples == (2**depth,) * n_axes


def test_nn2_thick_slices_wait():
    levels = plan(UNetConfig(depth=3, spacing=(1.0, 1.0, 3.0), size=(64, 64, 10)))
    assert levels.kernels == ((3, 3, 1), (3, 3, 3), (3, 3, 3), (3, 3, 3))
    assert levels.factors == ((2, 2, 1), (2, 2, 2), (2, 2, 1))
    assert levels.multiples == (8, 8, 2)


@given(config=configs())
def test_nn2_no_axis_gets_too_short_or_lags_behind(config):
    kernels, factors, multiples = plan(config)
    assert len(kernels) == len(factors) + 1 <= config.depth + 1
    size, spacing = np.array(config.size), np.array(config.spacing)
    for factor in np.array(factors).reshape(-1, len(size)):
        assert (factor > 1).any()
        halved = factor == 2
        spacing = spacing * factor
        assert (-(-size[halved] // 2) >= 4).all()
        assert spacing[halved].max() < 4 * spacing[halved].min()
        size = -(-size // factor)
    assert len(factors) == config.depth or size.max() < 8
    assert np.array_equal(np.prod(np.array(factors).reshape(-1, len(size)), axis=0), multiples)
    assert (np.diff(kernels, axis=0) >= 0).all()
    assert not np.array(kernels)[:, np.array(config.size) == 1].max(initial=1) > 1


@given(config=configs(), scale=st.sampled_from([0.25, 2.0]), rng=problems.generators)
def test_nn2_neither_the_unit_nor_the_order_of_the_axes_matters(config, scale, rng):
    levels = plan(config)
    assert plan(config._replace(spacing=tuple(scale * each for each in config.spacing))) == levels
    order = rng.permutation(len(config.spacing))
    turned = config._replace(
        spacing=tuple(config.spacing[axis] for axis in order), size=tuple(config.size[axis] for axis in order)
    )
    for expected, found in zip(levels, plan(turned), strict=True):
        assert np.array_equal(np.array(expected)[..., order] if expected else expected, found)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_nn2_the_network_of_a_volume_of_one_slice_is_that_of_the_slice(axis):
    """Logits and gradients."""
    rng = np.random.default_rng(6)
    flat = UNetConfig(depth=1, filters=2)
    config = flat._replace(spacing=(1.0, 1.0, 1.0), size=tuple(np.insert((8, 12), axis, 1).tolist()))
    drawn = unet_parameters(1, 2, flat, seed=3)
    thick = unet_parameters(1, 2, config, seed=3)
    image, dy = rng.normal(size=(1, 8, 12)), rng.normal(size=(2, 8, 12))
    logits, pullback = unet(drawn, image, flat)
    of_volume, pull_volume = unet(thick, np.expand_dims(image, axis + 1), config)
    close(of_volume.reshape(logits.shape), logits)
    gradient, dx = pullback(dy)
    of_parameters, of_image = pull_volume(np.expand_dims(dy, axis + 1))
    close(of_image.reshape(dx.shape), dx, 1e-9)
    expected = np.concatenate([leaf.ravel() for leaf in leaves(gradient)])
    close(np.concatenate([leaf.ravel() for leaf in leaves(of_parameters)]), expected, 1e-9)


SHAPES = [
    ((1, 1, 1), (8, 8, 8)),
    ((1, 1, 3), (12, 8, 2)),
    ((5, 1, 1), (1, 8, 9)),
    ((1, 1, 1), (4, 5, 6)),
    ((1, 2), (8, 8)),
]


@pytest.mark.parametrize(("spacing", "size"), SHAPES)
def test_nn2_logits_have_the_shape_of_the_image(spacing, size):
    """Of every size that is a multiple; the padding is not the network's task."""
    config = UNetConfig(depth=2, filters=1, spacing=spacing, size=size)
    padded = tuple(
        -(-side // multiple) * multiple for side, multiple in zip(size, plan(config).multiples, strict=True)
    )
    logits, pullback = unet(unet_parameters(2, 3, config), np.ones((2, *padded)), config)
    assert logits.shape == (3, *padded)
    assert pullback(logits)[1].shape == (2, *padded)
