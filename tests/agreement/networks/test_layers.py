"""Both backends: every layer, forward and backward, from the same arrays.

The reference has (C, *spatial), the twin (B, *spatial, C); batches of one and two are compared image by image.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given

from deepmix import accelerated, reference
from deepmix.accelerated.networks import _volumes as volumes
from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.networks.records import UNetConfig
from tests.agreement.networks import kinks
from tests.problems import generators
from tests.problems.networks import CONFIGS, VOLUME, VOLUMES, configs
from tests.tolerances import GRADIENT, assert_agree, assert_tree_agrees, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
LAYERS = {  # shapes of the arrays, the feature map first
    "conv": [(3, 6, 8), (3, 3, 3, 4), (4,)],
    "conv without bias": [(3, 6, 8), (3, 3, 3, 4)],
    "conv 1×1": [(4, 6, 8), (1, 1, 4, 3), (3,)],
    "leaky_relu": [(3, 6, 8)],
    "instance_norm": [(3, 6, 8), (3,), (3,)],
    "max_pool": [(3, 6, 8)],
    "upsample": [(3, 6, 8)],
    "softmax": [(3, 6, 8)],
    "conv 3×3×3": [(2, 4, 3, 5), (3, 3, 3, 2, 3), (3,)],
    "conv to fewer channels": [(3, 4, 3, 5), (3, 3, 1, 3, 2)],
    "conv 1×1×1": [(3, 4, 3, 5), (1, 1, 1, 3, 2), (2,)],
    "instance_norm of a volume": [(2, 4, 4, 6), (2,), (2,)],
    "max_pool of a volume": [(2, 4, 4, 6)],
    "max_pool by 2, 1, 2": [(2, 4, 4, 6)],
    "upsample of a volume": [(2, 4, 4, 6)],
    "upsample by 2, 1, 2": [(2, 4, 4, 6)],
}
FACTOR = {"factor": (2, 1, 2)}


def channels_last(x):
    return jnp.moveaxis(x, 0, -1)[None]


def channels_first(y):
    return jnp.moveaxis(y[0], -1, 0)


def of_one_image(layer):
    """A layer of the twin as a function of (C, *spatial)."""
    return lambda x, *rest: channels_first(layer(channels_last(x), *rest))


@IN_BOTH_DTYPES
@pytest.mark.parametrize("name", LAYERS)
@given(rng=generators)
def test_layer(name, dtype, rng):
    function = name.split()[0]
    arrays = [rng.normal(size=shape) for shape in LAYERS[name]]
    low, high = rounded(arrays, dtype)
    option = FACTOR if name.endswith("by 2, 1, 2") else {}
    layer = partial(getattr(accelerated.networks.layers, function), **option)
    layer = layer if function == "softmax" else of_one_image(layer)
    actual, pullback = jax.vjp(layer, *map(jnp.asarray, low))
    expected, expected_pullback = getattr(reference.networks.layers, function)(*high, **option)
    assert_agree(actual, expected, tolerance("layer", dtype), dtype)
    cotangent, cotangent64 = rounded(rng.normal(size=expected.shape), dtype)
    gradients = expected_pullback(cotangent64)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    tol = tolerance("layer", dtype, GRADIENT)
    assert_agree(pullback(jnp.asarray(cotangent)), gradients[: len(arrays)], tol, dtype)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "softmax"])
def test_a_batch_is_its_images(name):
    rng = np.random.default_rng(1)
    function = getattr(accelerated.networks.layers, name.split()[0])
    first, second, *rest = [rng.normal(size=shape) for shape in (LAYERS[name][0], *LAYERS[name])]
    both = function(np.concatenate([channels_last(first), channels_last(second)]), *rest)
    alone = [function(channels_last(image), *rest)[0] for image in (first, second)]
    np.testing.assert_allclose(both, alone, rtol=1e-13)


def test_ties_at_the_kinks():
    """max-pool: the first of equals in row-major order; LeakyReLU′(0) = 1."""
    pooled = jax.grad(lambda x: of_one_image(accelerated.networks.layers.max_pool)(x).sum())(jnp.zeros((1, 4, 4)))
    _, pullback = reference.networks.layers.max_pool(np.zeros((1, 4, 4)))
    assert np.array_equal(pooled, pullback(np.ones((1, 2, 2))))
    assert jax.grad(accelerated.networks.layers.leaky_relu)(0.0) == 1


@pytest.mark.parametrize(
    "own", [accelerated.networks.layers._plain_gradients, accelerated.networks.layers._gradients_by_products]
)
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 5)])
def test_the_convolutions_own_gradients_are_the_ones_jax_derives(size, own):
    """`conv` brings its own gradients on CPUs, two for maps of two sizes; other platforms take JAX's."""
    rng = np.random.default_rng(2)
    arrays = [jnp.asarray(rng.normal(size=shape)) for shape in [(2, 6, 8, 3), (*size, 3, 5), (2, 6, 8, 5)]]
    assert_agree(own(*arrays), accelerated.networks.layers._derived_gradients(*arrays), 1e-13)


@pytest.mark.parametrize("channels", [(3, 5), (5, 3)])
@pytest.mark.parametrize("size", [(1, 1, 1), (3, 3, 3), (3, 3, 1), (1, 5, 3)])
def test_a_convolution_of_slices_is_that_of_the_volume(size, channels):
    """On CPUs a volume is a batch of slices; other platforms take XLA's own, which none of these machines has."""
    rng = np.random.default_rng(4)
    n_in, n_out = channels
    shapes = [(2, 4, 5, 3, n_in), (*size, n_in, n_out), (2, 4, 5, 3, n_out)]
    x, kernel, dy = (jnp.asarray(rng.normal(size=shape)) for shape in shapes)
    assert_agree(volumes.by_slices(x, kernel), volumes.native(x, kernel), 1e-13)
    assert_agree(volumes.gradients_by_slices(x, kernel, dy), volumes.native_gradients(x, kernel, dy), 1e-13)


@pytest.mark.parametrize("shape", [(2, 40, 48), (1, 16, 16)])
def test_gradients_in_bfloat16_are_rounded_and_no_more(shape):
    """Factors of eight bits, sums in float32: each form, also the one for other platforms and large maps."""
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=size) for size in [(*shape, 3), (3, 3, 3, 4), (*shape, 4)]]
    low = [jnp.asarray(array, jnp.bfloat16) for array in arrays]
    expected = accelerated.networks.layers._derived_gradients(*(array.astype(jnp.float32) for array in low))
    once = 2**-9  # half a step of eight bits
    forms = {"_plain_gradients": once, "_derived_gradients": once}
    # dx: nine products and the nine sums that they are added up in, rounded independently
    forms["_gradients_by_products"] = np.sqrt(9 + 9) * once
    for form, bound in forms.items():
        for found, exact in zip(getattr(accelerated.networks.layers, form)(*low), expected, strict=True):
            assert found.dtype == jnp.bfloat16
            off = jnp.linalg.norm(found.astype(jnp.float32) - exact) / jnp.linalg.norm(exact)
            assert 0.1 * once < off < bound


def test_large_maps_take_the_gradient_by_convolutions(monkeypatch):
    """Sums over many pixels cancel like the reference's, whichever way they are taken."""
    taken = []
    plain = accelerated.networks.layers._plain_gradients
    monkeypatch.setattr(
        accelerated.networks.layers, "_plain_gradients", lambda *given: taken.append(1) or plain(*given)
    )
    rng = np.random.default_rng(3)
    for height, expected in ((30, 0), (40, 1)):
        x, kernel, dy = (rng.normal(size=size) for size in [(2, height, 32), (3, 3, 2, 4), (4, height, 32)])
        _, pullback = jax.vjp(of_one_image(accelerated.networks.layers.conv), x, kernel)
        assert_agree(pullback(dy), reference.networks.layers.conv(x, kernel)[1](dy)[:2], GRADIENT)
        assert len(taken) == expected


@IN_BOTH_DTYPES
@given(rng=generators, config=configs)
def test_unet(dtype, rng, config):
    check_unet(dtype, rng, config, (8, 12))


@IN_BOTH_DTYPES
@pytest.mark.parametrize("config", VOLUMES)
@given(rng=generators)
def test_unet_of_a_volume(config, dtype, rng):
    check_unet(dtype, rng, config, VOLUME)


def check_unet(dtype, rng, config, size):
    parameters, image = draw_parameters(rng, 2, 3, config), rng.normal(size=(2, *size))
    low, high = rounded((parameters, image), dtype)
    with kinks.watched() as margins:
        expected, pullback = reference.networks.unet.unet(*high, config)
    assume(dtype is np.float64 or min(margins) > kinks.CLEAR)
    cotangent, cotangent64 = rounded(rng.normal(size=expected.shape), dtype)
    actual, gradients = value_and_pullback(*low, cotangent, config)
    assert_agree(actual, expected, tolerance("unet", dtype), dtype)
    assert_tree_agrees(gradients, pullback(cotangent64), tolerance("unet", dtype, GRADIENT), dtype)


@partial(jax.jit, static_argnames="config")
def value_and_pullback(parameters, image, cotangent, config):
    value, pullback = jax.vjp(lambda p, x: accelerated.networks.unet.unet(p, x, config), parameters, image)
    return value, pullback(cotangent)


@pytest.mark.parametrize("config", [*CONFIGS, *VOLUMES])
def test_the_flax_module_has_the_same_tree(config):
    """`UNet.init` makes the reference's tree: the same names and shapes."""
    expected = reference.networks.parameters.unet_parameters(2, 3, config)
    network = accelerated.networks.unet.UNet(n_components=3, config=config)
    made = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, *[8] * len(config.spacing), 2)))["params"]
    assert jax.tree.map(lambda leaf: leaf.shape, made) == jax.tree.map(np.shape, expected)


def test_the_flax_module_draws_as_u0_says():
    """Uniform on ±1/√fan_in, scales 1, shifts 0, as the reference draws them."""
    block = accelerated.networks.unet.Block(filters=8)
    drawn = block.init(jax.random.key(1), jnp.zeros((1, 4, 4, 8)))["params"]
    expected = reference.networks.parameters.unet_parameters(2, 3, UNetConfig(depth=1, filters=8))["decoder_0"]
    assert (drawn["norm"]["scale"] == 1).all()
    assert (drawn["norm"]["shift"] == 0).all()
    bound = 72**-0.5  # fan_in = 3·3·8
    for kernel in (drawn["conv_1"]["kernel"], expected["conv_1"]["kernel"]):
        assert 0.95 * bound < np.abs(kernel).max() <= bound
        assert abs(np.std(kernel) - bound / 3**0.5) < 0.1 * bound
