"""The layers of the network [U1]–[U4], [NN1]; see `reference.networks.layers`. JAX derives the pullbacks.

Feature maps are batches with the channels last, (B, *spatial, C): the layout in which convolutions run fastest.
"""

from itertools import product

import jax
import jax.numpy as jnp

from ..execution.precision import HIGHEST
from ._volumes import same_conv_of_volumes

FEW_PIXELS = 1024  # of a map, up to which the CPU computes gradients of convolutions as matrix products


def conv(
    x: jax.Array, kernel: jax.Array, bias: jax.Array | None = None, *, product_dtype: str | None = None
) -> jax.Array:
    """See `reference.networks.layers.conv`. x: (B, *spatial, in). product_dtype: dtype of factors and products."""
    same_conv = _same_conv if x.ndim == 4 else same_conv_of_volumes
    if product_dtype is None:
        y = same_conv(x, kernel)
    else:
        y = same_conv(x.astype(product_dtype), kernel.astype(product_dtype)).astype(x.dtype)
    return y if bias is None else y + bias


def leaky_relu(x: jax.Array, negative_slope: float = 0.01) -> jax.Array:
    """See `reference.networks.layers.leaky_relu`."""
    return jax.nn.leaky_relu(x, negative_slope)


def instance_norm(x: jax.Array, scale: jax.Array, shift: jax.Array, eps: float = 1e-5) -> jax.Array:
    """See `reference.networks.layers.instance_norm` [U1]. x: (B, *spatial, C)."""
    axes = tuple(range(1, x.ndim - 1))
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = (centred**2).mean(axis=axes, keepdims=True)
    return scale * (centred * jax.lax.rsqrt(variance + eps)) + shift


def max_pool(x: jax.Array, factor: tuple[int, ...] | None = None) -> jax.Array:
    """See `reference.networks.layers.max_pool` [U2], [NN1]. x: (B, *spatial, C).

    By pairs, and the earlier one if they are equal: the gradient goes to the first maximum in row-major order.
    """
    factors = factor or (2,) * (x.ndim - 2)
    places = product(*map(range, factors))
    ones = [
        x[:, *(slice(start, None, step) for start, step in zip(starts, factors, strict=True))] for starts in places
    ]
    while len(ones) > 1:
        pairs = zip(ones[::2], ones[1::2], strict=True)
        ones = [jnp.where(first >= second, first, second) for first, second in pairs]
    return ones[0]


def upsample(x: jax.Array, factor: tuple[int, ...] | None = None) -> jax.Array:
    """See `reference.networks.layers.upsample` [U3], [NN1]. x: (B, *spatial, C)."""
    batch, *sizes, channels = x.shape
    factors = factor or (2,) * len(sizes)
    windows = [side for pair in zip(sizes, factors, strict=True) for side in pair]
    between = jnp.expand_dims(x, tuple(range(2, 2 * len(sizes) + 1, 2)))
    grown = jnp.broadcast_to(between, (batch, *windows, channels))
    return grown.reshape(batch, *(size * times for size, times in zip(sizes, factors, strict=True)), channels)


def softmax(logits: jax.Array) -> jax.Array:
    """See `reference.networks.layers.softmax` [U4]: over the classes, the first axis."""
    return jax.nn.softmax(logits, axis=0)


def _correlate(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Correlation of x (B, H, W, in) with a kernel (kh, kw, in, out), kh and kw odd, with same padding."""
    return _padded_correlate(x, kernel, kernel.shape[0] // 2, kernel.shape[1] // 2)


def _padded_correlate(x: jax.Array, kernel: jax.Array, pad_h: int, pad_w: int) -> jax.Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(1, 1),
        padding=((pad_h, pad_h), (pad_w, pad_w)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=HIGHEST,
    )


@jax.custom_vjp
def _same_conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _correlate(x, kernel)


def _same_conv_forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _correlate(x, kernel), (x, kernel)


def _same_conv_backward(saved: tuple[jax.Array, jax.Array], dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    small = x.shape[1] * x.shape[2] <= FEW_PIXELS or kernel.shape[:2] == (1, 1)
    on_cpu = _gradients_by_products if small else _plain_gradients
    return jax.lax.platform_dependent(*saved, dy, cpu=on_cpu, default=_derived_gradients)


def _derived_gradients(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """JAX's own gradients, whose form GPU compilers recognise."""
    _, pullback = jax.vjp(_correlate, x, kernel)
    return pullback(dy)


def _plain_gradients(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both gradients as convolutions of the plain layout.

    Inside a loop XLA's CPU compiler folds transposes into a convolution's dimension numbers and then runs it about
    seventeen times slower (jax issue 12868); the barriers keep them apart.
    """
    kh, kw = kernel.shape[:2]
    mirrored = jax.lax.optimization_barrier(kernel[::-1, ::-1].swapaxes(2, 3))
    channels_as_batch = jax.lax.optimization_barrier(x.transpose(3, 1, 2, 0))
    dy_as_kernel = jax.lax.optimization_barrier(dy.transpose(1, 2, 0, 3))
    dkernel = _padded_correlate(channels_as_batch, dy_as_kernel, kh // 2, kw // 2)
    return _correlate(dy, mirrored), jax.lax.optimization_barrier(dkernel).transpose(1, 2, 0, 3)


def _gradients_by_products(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both gradients as matrix products over all pixels, the fastest way for small maps with many channels.

    For dx, the product of dy with each entry of the kernel is shifted to where that entry read, and added. For the
    kernel, the maps are shifted in the same way and multiplied with dy.
    """
    kh, kw, n_in, n_out = kernel.shape
    batch, height, width, _ = x.shape
    grad = dy.reshape(-1, n_out)
    products = jnp.matmul(grad, kernel.reshape(-1, n_out).T, precision=HIGHEST)
    products = _margin(products.reshape(batch, height, width, kh * kw * n_in), kh // 2, kw // 2)
    products = products.reshape(*products.shape[:3], kh, kw, n_in)
    padded, dx, columns = _margin(x, kh // 2, kw // 2), jnp.zeros_like(x), []
    for i in range(kh):
        for j in range(kw):
            above, left = kh - 1 - i, kw - 1 - j
            dx += products[:, above : above + height, left : left + width, i, j]
            columns.append(padded[:, i : i + height, j : j + width].reshape(-1, n_in).T)
    dkernel = jnp.matmul(jnp.stack(columns), grad, precision=HIGHEST)
    return dx, dkernel.reshape(kernel.shape)


def _margin(maps: jax.Array, rows: int, columns: int) -> jax.Array:
    return jnp.pad(maps, ((0, 0), (rows, rows), (columns, columns), (0, 0)))


_same_conv.defvjp(_same_conv_forward, _same_conv_backward)
