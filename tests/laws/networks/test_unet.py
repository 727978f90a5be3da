"""Laws of the layers and of the U-Net [U1]–[U4], [NN1]: pullbacks, symmetries, corner cases."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.conformance import drawing
from deepmix.reference.networks import layers
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.networks.unet import block, unet
from deepmix.reference.trees import tree_map
from tests import problems
from tests.laws.helpers import check_gradient, close, flat, inner

LAYERS = {  # the layer and the shapes of its arguments; those of "flat" vary so little that ε counts
    "conv 3x3": (layers.conv, [(2, 4, 6), (3, 3, 2, 3), (3,)]),
    "conv 1x1": (layers.conv, [(3, 2, 4), (1, 1, 3, 2), (2,)]),
    "conv 3x5": (layers.conv, [(1, 5, 4), (3, 5, 1, 2), (2,)]),
    "leaky_relu": (layers.leaky_relu, [(2, 4, 6)]),
    "instance_norm": (layers.instance_norm, [(3, 4, 6), (3,), (3,)]),
    "instance_norm of flat": (layers.instance_norm, [(2, 4, 4), (2,), (2,)]),
    "max_pool": (layers.max_pool, [(2, 4, 6)]),
    "upsample": (layers.upsample, [(2, 3, 5)]),
    "softmax": (layers.softmax, [(3, 4, 4)]),
    "nn1 conv 3x3x3": (layers.conv, [(2, 3, 4, 3), (3, 3, 3, 2, 2), (2,)]),
    "nn1 conv 3x1x3": (layers.conv, [(1, 3, 2, 3), (3, 1, 3, 1, 2), (2,)]),
    "nn1 instance_norm": (layers.instance_norm, [(2, 2, 4, 3), (2,), (2,)]),
    "nn1 max_pool": (layers.max_pool, [(2, 2, 4, 2)]),
    "nn1 max_pool of one axis": (partial(layers.max_pool, factor=(1, 1, 2)), [(2, 3, 2, 4)]),
    "nn1 upsample": (layers.upsample, [(2, 1, 2, 3)]),
    "nn1 upsample of two axes": (partial(layers.upsample, factor=(2, 1, 2)), [(2, 1, 2, 3)]),
}


@pytest.mark.parametrize("name", LAYERS)
@given(rng=problems.generators)
def test_u_pullback_of_every_layer(name, rng):
    """[NN1]."""
    layer, shapes = LAYERS[name]
    deviation = 3e-3 if name.endswith("flat") else 2
    arguments = [drawing.frozen(rng.normal(1, deviation, shape)) for shape in shapes]
    value, pullback = layer(*arguments)
    cotangent = drawing.frozen(rng.normal(size=value.shape))
    gradients = pullback(cotangent)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    names = list("abc"[: len(arguments)])
    assert len(gradients) == len(arguments)
    check_gradient(
        lambda at: inner(layer(*at.values())[0], cotangent),
        dict(zip(names, arguments, strict=True)),
        dict(zip(names, gradients, strict=True)),
        rng,
    )


@given(rng=problems.generators, slope=st.floats(0, 0.5))
def test_u1_pullback_of_a_block(rng, slope):
    parameters = drawing.draw_parameters(rng, 2, 2, UNetConfig(depth=0, filters=3))["bottom"]
    x = rng.normal(size=(2, 4, 6))
    value, pullback = block(parameters, x, slope)
    cotangent = rng.normal(size=value.shape)
    d_parameters, dx = pullback(cotangent)
    check_gradient(
        lambda at: inner(block(at["p"], at["x"], slope)[0], cotangent),
        {"p": parameters, "x": x},
        {"p": d_parameters, "x": dx},
        rng,
    )


@given(data=st.data())
def test_u_pullback_of_the_network(data):
    shape = data.draw(problems.deep_mixtures.image_shapes)
    image, _ = data.draw(problems.deep_mixtures.images(shape))
    config, parameters = data.draw(problems.networks.networks(*shape[:2]))
    rng = data.draw(problems.generators)
    logits, pullback = unet(parameters, image, config)
    assert logits.shape == shape[1:]
    cotangent = rng.normal(size=logits.shape)
    gradient, dx = pullback(cotangent)
    assert tree_map(np.shape, gradient) == tree_map(np.shape, parameters)
    check_gradient(
        lambda at: inner(unet(at["p"], at["x"], config)[0], cotangent),
        {"p": parameters, "x": image},
        {"p": in_order_of(parameters, gradient), "x": dx},
        rng,
    )


@pytest.mark.parametrize("config", problems.networks.VOLUMES)
@given(rng=problems.generators)
def test_nn2_pullback_of_the_network_of_a_volume(config, rng):
    parameters = drawing.draw_parameters(rng, 1, 2, config)
    image, cotangent = (rng.normal(size=(channels, *problems.networks.VOLUME)) for channels in (1, 2))
    _, pullback = unet(parameters, image, config)
    gradient, dx = pullback(cotangent)
    check_gradient(
        lambda at: inner(unet(at["p"], at["x"], config)[0], cotangent),
        {"p": parameters, "x": image},
        {"p": in_order_of(parameters, gradient), "x": dx},
        rng,
    )


def in_order_of(like, tree):
    """The tree with its branches in the order of another, so that `flat` lines them up."""
    return tree_map(lambda _, leaf: leaf, like, tree)


@given(rng=problems.generators, shape=st.sampled_from([(3, 3), (1, 1), (3, 5), (3, 1, 3), (3, 3, 3)]))
def test_convolution_is_linear_and_its_pullback_the_adjoint(rng, shape):
    """[NN1]."""
    x, y = rng.normal(size=(2, 2, *(5, 4, 3)[: len(shape)]))
    kernel, none = rng.normal(size=(*shape, 2, 3)), np.zeros(3)
    value, pullback = layers.conv(x, kernel, none)
    close(layers.conv(2 * x - 3 * y, kernel, none)[0], 2 * value - 3 * layers.conv(y, kernel, none)[0])
    cotangent = rng.normal(size=value.shape)
    dx, dkernel, dbias = pullback(cotangent)
    close(inner(x, dx), inner(value, cotangent), 1e-9)
    close(inner(kernel, dkernel), inner(value, cotangent), 1e-9)
    close(dbias, cotangent.sum(axis=tuple(range(1, cotangent.ndim))))


def test_convolution_is_a_correlation_with_zeros_beyond_the_border():
    """[U1]."""
    x, kernel = np.zeros((1, 3, 3)), np.arange(9.0).reshape(3, 3, 1, 1)
    x[0, 0, 1] = 1
    value, _ = layers.conv(x, kernel, np.array([10.0]))
    np.testing.assert_array_equal(value[0], [[15, 14, 13], [12, 11, 10], [10, 10, 10]])


@given(rng=problems.generators, slope=st.floats(0, 1))
def test_leaky_relu(rng, slope):
    x = rng.normal(size=(2, 3, 3))
    value, _ = layers.leaky_relu(x, slope)
    np.testing.assert_array_equal(value, np.where(x > 0, x, slope * x))


def test_leaky_relu_has_derivative_1_at_0_and_slope_001():
    value, pullback = layers.leaky_relu(np.array([0.0, -0.0, -1.0, 1.0]))
    np.testing.assert_array_equal(value, [0, 0, -0.01, 1])
    np.testing.assert_array_equal(pullback(np.ones(4)), [1, 1, 0.01, 1])


def test_max_pool_passes_the_gradient_to_the_first_of_equals_in_row_major_order():
    """[U2]."""
    x = np.array([[[1.0, 2, 5, 5, 0, 0], [2, 1, 5, 5, 0, 1]]])
    value, pullback = layers.max_pool(x)
    np.testing.assert_array_equal(value, [[[2, 5, 1]]])
    expected = [[[0, 7, 8, 0, 0, 0], [0, 0, 0, 0, 0, 9]]]
    np.testing.assert_array_equal(pullback(np.array([[[7.0, 8, 9]]])), expected)


FACTORS = st.sampled_from([None, (1, 2), (2, 2, 2), (2, 2, 1), (1, 1, 1)])


@given(rng=problems.generators, factor=FACTORS)
def test_max_pool_undoes_upsampling_and_their_pullbacks_each_other(rng, factor):
    """[U3], [NN1]."""
    x = rng.normal(size=(2, 3, 4, 2)[: 1 + len(factor or (2, 2))])
    larger, pull_up = layers.upsample(x, factor)
    assert larger.shape[1:] == tuple(np.multiply(x.shape[1:], factor or (2, 2)))
    smaller, pull_pool = layers.max_pool(larger, factor)
    np.testing.assert_array_equal(smaller, x)
    np.testing.assert_array_equal(pull_up(pull_pool(x)), x)


@pytest.mark.parametrize("axis", [1, 2, 3])
@given(rng=problems.generators)
def test_nn1_a_volume_of_one_slice_is_the_slice(axis, rng):
    """Whichever axis has one slice, and then a kernel of 1 along it; pooling and growing leave it alone."""
    kernel, bias, dy = (rng.normal(size=size) for size in [(3, 3, 2, 3), (3,), (3, 4, 6)])
    x, scale, shift = (rng.normal(size=size) for size in [(2, 4, 6), (2,), (2,)])
    thin = tuple(1 if each == axis else 2 for each in (1, 2, 3))
    of_image = {
        layers.conv: (kernel, bias),
        layers.instance_norm: (scale, shift),
        layers.max_pool: (),
        layers.upsample: (),
    }
    of_volume = {
        layers.conv: (np.expand_dims(kernel, axis - 1), bias),
        layers.instance_norm: (scale, shift),
        layers.max_pool: (thin,),
        layers.upsample: (thin,),
    }
    for layer, others in of_image.items():
        value, pullback = layer(x, *others)
        of_slice, pull_slice = layer(np.expand_dims(x, axis), *of_volume[layer])
        close(of_slice, np.expand_dims(value, axis), scale=1)
        dy = rng.normal(size=value.shape)
        gradients, of_slice = (
            each if isinstance(each, tuple) else (each,)
            for each in (pullback(dy), pull_slice(np.expand_dims(dy, axis)))
        )
        for expected, found in zip(gradients, of_slice, strict=True):
            close(found.reshape(expected.shape), expected, scale=10)


@given(
    rng=problems.generators,
    factor=st.floats(0.01, 100),
    offset=st.floats(-100, 100),
    deviation=st.sampled_from((0.1, 1.0, 30.0)),
)
def test_u1_instance_norm_ignores_shift_and_scale_of_its_input(rng, factor, offset, deviation):
    """Exactly, if ε scales along; with ε fixed, by the factor √r, r = a²(v+ε)/(a²v+ε).

    |√r − 1| ≤ |r − 1| = ε|a²−1|/(a²v+ε). Rounding: u|offset| relative to the deviation a√v.
    """
    x, scale, shift = rng.normal(0, deviation, (3, 6, 6)), rng.normal(size=3), rng.normal(size=3)
    value, _ = layers.instance_norm(x, scale, shift, eps=1e-5)
    moved = factor * x + offset
    rounding = 1e-14 * (1 + abs(offset) / (factor * deviation))
    exact, _ = layers.instance_norm(moved, scale, shift, eps=1e-5 * factor**2)
    np.testing.assert_allclose(exact, value, atol=40 * rounding)
    fixed, _ = layers.instance_norm(moved, scale, shift, eps=1e-5)
    largest = np.abs(value - shift[:, None, None]).max(axis=(1, 2))
    variance = x.var(axis=(1, 2))
    bound = largest * 1e-5 * abs(factor**2 - 1) / (factor**2 * variance + 1e-5)
    assert (np.abs(fixed - value).max(axis=(1, 2)) <= bound + 40 * rounding).all()


@given(rng=problems.generators)
def test_u1_instance_norm_is_per_channel_with_biased_variance(rng):
    x, scale, shift = rng.normal(3, 2, (2, 4, 5)), rng.normal(size=2), rng.normal(size=2)
    value, _ = layers.instance_norm(x, scale, shift)
    for channel in range(2):
        v = x[channel].var()
        close(value[channel].mean(), shift[channel], 1e-9)
        close(value[channel].std(), np.abs(scale[channel]) * np.sqrt(v / (v + 1e-5)), 1e-9)
    alone, _ = layers.instance_norm(x[1:], scale[1:], shift[1:])
    np.testing.assert_array_equal(alone[0], value[1])


@given(rng=problems.generators, size=st.sampled_from((1.0, 30.0, 1e4)))
def test_u4_softmax_is_on_the_simplex_and_ignores_a_shift(rng, size):
    logits = rng.normal(0, size, (4, 3, 3))
    value, pullback = layers.softmax(logits)
    assert (value >= 0).all()
    np.testing.assert_allclose(value.sum(axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(layers.softmax(logits + size)[0], value, atol=1e-15 * 10 * size)
    gradient = pullback(rng.normal(size=logits.shape))
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-14)  # no way along (1, …, 1)


@given(data=st.data())
def test_u4_output_sums_to_1(data):
    """[DG2]."""
    shape = data.draw(problems.deep_mixtures.image_shapes)
    image, _ = data.draw(problems.deep_mixtures.images(shape))
    config, parameters = data.draw(problems.networks.networks(*shape[:2]))
    proportions, _ = layers.softmax(unet(parameters, image, config)[0])
    np.testing.assert_allclose(proportions.sum(axis=0), 1, rtol=1e-14)
    assert proportions.min() > 0


@given(data=st.data())
def test_u_permuting_the_head_permutes_the_classes(data):
    """[U4]."""
    shape = data.draw(problems.deep_mixtures.image_shapes)
    image, _ = data.draw(problems.deep_mixtures.images(shape))
    config, parameters = data.draw(problems.networks.networks(*shape[:2]))
    order = data.draw(problems.generators).permutation(shape[1])
    head = parameters["head"]
    turned = parameters | {"head": {"kernel": head["kernel"][..., order], "bias": head["bias"][order]}}
    close(unet(turned, image, config)[0], unet(parameters, image, config)[0][order])


@given(data=st.data(), along=st.sampled_from(("rows", "columns", "transpose")))
def test_u_mirrored_kernels_on_a_mirrored_image_give_the_mirrored_logits(data, along):
    """Padding, pooling, upsampling and skips have no preferred direction."""
    shape = data.draw(problems.deep_mixtures.image_shapes)
    image, _ = data.draw(problems.deep_mixtures.images(shape))
    config, parameters = data.draw(problems.networks.networks(*shape[:2]))

    def mirror(maps):  # (C, H, W)
        return {"rows": maps[:, ::-1], "columns": maps[:, :, ::-1], "transpose": maps.swapaxes(1, 2)}[along]

    def mirror_kernel(leaf):
        if leaf.ndim != 4:
            return leaf
        return {"rows": leaf[::-1], "columns": leaf[:, ::-1], "transpose": leaf.swapaxes(0, 1)}[along]

    mirrored = tree_map(mirror_kernel, parameters)
    close(unet(mirrored, mirror(image), config)[0], mirror(unet(parameters, image, config)[0]), 1e-8)


@given(data=st.data())
def test_u1_positive_scale_of_the_second_kernel_is_normalised_away(data):
    """instance norm ∘ (a · conv) = instance norm ∘ conv up to ε: here 10⁶ and more against 10⁻⁵."""
    rng = data.draw(problems.generators)
    parameters = drawing.draw_parameters(rng, 2, 2, UNetConfig(depth=0, filters=3))["bottom"]
    x = rng.normal(0, 100, size=(2, 4, 6))
    larger = parameters | {"conv_1": {"kernel": parameters["conv_1"]["kernel"] * 1e5}}
    largest = parameters | {"conv_1": {"kernel": parameters["conv_1"]["kernel"] * 1e7}}
    close(block(largest, x)[0], block(larger, x)[0], 1e-10)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_u2_u3_depth_is_the_number_of_poolings(depth):
    config = UNetConfig(depth=depth, filters=2)
    parameters = drawing.draw_parameters(np.random.default_rng(5), 1, 2, config)
    logits, _ = unet(parameters, np.ones((1, 16, 24)), config)
    assert logits.shape == (2, 16, 24)
    assert set(parameters) == {"bottom", "head"} | {
        f"{name}_{level}" for name in ("encoder", "up", "decoder") for level in range(depth)
    }
    assert parameters["bottom"]["conv_1"]["kernel"].shape == (3, 3, 2 * 2**depth, 2 * 2**depth)


@given(data=st.data())
def test_u_pullback_is_linear(data):
    shape = data.draw(problems.deep_mixtures.image_shapes)
    image, _ = data.draw(problems.deep_mixtures.images(shape))
    config, parameters = data.draw(problems.networks.networks(*shape[:2]))
    rng = data.draw(problems.generators)
    logits, pullback = unet(parameters, image, config)
    one, other = rng.normal(size=(2, *logits.shape))
    (p1, x1), (p2, x2), (p3, x3) = pullback(one), pullback(other), pullback(2 * one - other)
    close(x3, 2 * x1 - x2, 1e-10)
    close(flat(p3), 2 * flat(p1) - flat(p2), 1e-10)
