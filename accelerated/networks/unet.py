"""The U-Net Φ_θ [U1]–[U4], [NN2] as a Flax module; see `reference.networks.unet`."""

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.networks.levels import plan
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from . import layers


def unet(
    parameters: Tree, image: jax.Array, config: UNetConfig = UNetConfig(), *, product_dtype: str | None = None
) -> jax.Array:
    """See `reference.networks.unet.unet`: logits (K, *spatial) of one image (M, *spatial)."""
    return of_batch(parameters, image[None], config, product_dtype=product_dtype)[0]


def of_batch(
    parameters: Tree, images: jax.Array, config: UNetConfig = UNetConfig(), *, product_dtype: str | None = None
) -> jax.Array:
    """Logits (B, K, *spatial) of images (B, M, *spatial), by convolutions over the whole batch."""
    network = UNet(parameters["head"]["bias"].shape[0], config, product_dtype)
    return jnp.moveaxis(network.apply({"params": parameters}, jnp.moveaxis(images, 1, -1)), -1, 1)


class UNet(nn.Module):
    """Logits (B, *spatial, K) of a batch of images (B, *spatial, M); parameters as the reference's tree."""

    n_components: int
    config: UNetConfig = UNetConfig()
    product_dtype: str | None = None

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        products = self.product_dtype
        slope, skips = self.config.negative_slope, []
        kernels, factors, multiples = plan(self.config)
        levels, one = range(len(factors)), (1,) * len(multiples)
        filters = [self.config.filters * 2**level for level in range(len(kernels))]
        for level in levels:  # encoder [U2]
            x = Block(filters[level], slope, products, kernels[level], name=f"encoder_{level}")(x)
            skips.append(x)
            x = layers.max_pool(x, factors[level])
        x = Block(filters[-1], slope, products, kernels[-1], name="bottom")(x)
        for level in reversed(levels):  # decoder [U3]
            # a 1×1 convolution and the copying of pixels commute; on the small map it takes a quarter of the work
            x = Conv(filters[level], one, product_dtype=products, name=f"up_{level}")(x)
            x = jnp.concatenate([layers.upsample(x, factors[level]), skips[level]], axis=-1)
            x = Block(filters[level], slope, products, kernels[level], name=f"decoder_{level}")(x)
        return Conv(self.n_components, one, product_dtype=products, name="head")(x)  # [U4]


class Block(nn.Module):
    """conv → LeakyReLU → conv without bias → instance norm → LeakyReLU [U1]; size: of the kernels."""

    filters: int
    negative_slope: float = 0.01
    product_dtype: str | None = None
    size: tuple[int, ...] = (3, 3)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = Conv(self.filters, self.size, product_dtype=self.product_dtype, name="conv_0")(x)
        x = layers.leaky_relu(x, self.negative_slope)
        x = Conv(self.filters, self.size, use_bias=False, product_dtype=self.product_dtype, name="conv_1")(x)
        x = InstanceNorm(name="norm")(x)
        return layers.leaky_relu(x, self.negative_slope)


class Conv(nn.Module):
    """`networks.layers.conv` with its parameters, drawn as [U0] says."""

    filters: int
    size: tuple[int, ...] = (3, 3)
    use_bias: bool = True
    product_dtype: str | None = None

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        uniform = _uniform(int(np.prod(self.size)) * x.shape[-1])
        kernel = self.param("kernel", uniform, (*self.size, x.shape[-1], self.filters))
        bias = self.param("bias", uniform, (self.filters,)) if self.use_bias else None
        return layers.conv(x, kernel, bias, product_dtype=self.product_dtype)


class InstanceNorm(nn.Module):
    """`networks.layers.instance_norm` with its scale and shift."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        scale = self.param("scale", nn.initializers.ones, x.shape[-1:])
        return layers.instance_norm(x, scale, self.param("shift", nn.initializers.zeros, x.shape[-1:]))


def _uniform(fan_in: int) -> Callable[[jax.Array, tuple[int, ...]], jax.Array]:
    bound = fan_in**-0.5
    return lambda key, shape: jax.random.uniform(key, shape, minval=-bound, maxval=bound)
