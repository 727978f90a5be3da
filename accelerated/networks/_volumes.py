"""Convolutions of volumes (B, D, H, W, C), kernels (kd, kh, kw, in, out), with same padding [NN1].

XLA's own are some ten times slower on a CPU than those of images. There a volume is a batch of slices, and its
convolution one of images: either the inputs hold the neighbouring slices as further channels, or the outputs what
each slice gives to its neighbours, whichever are fewer. Other platforms take XLA's own.
"""

import jax
import jax.numpy as jnp

from ..execution.precision import HIGHEST


@jax.custom_vjp
def same_conv_of_volumes(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """`layers.conv` of volumes, without bias; it brings its own gradients."""
    return jax.lax.platform_dependent(x, kernel, cpu=by_slices, default=native)


def _forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return same_conv_of_volumes(x, kernel), (x, kernel)


def _backward(saved: tuple[jax.Array, jax.Array], dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.lax.platform_dependent(*saved, dy, cpu=gradients_by_slices, default=native_gradients)


same_conv_of_volumes.defvjp(_forward, _backward)


def native(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """XLA's own convolution."""
    return _correlate(x, kernel)


def native_gradients(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """JAX's own gradients."""
    _, pullback = jax.vjp(_correlate, x, kernel)
    return pullback(dy)


def by_slices(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The same by one convolution of images."""
    _, kh, kw, n_in, n_out = kernel.shape
    if n_in <= n_out:
        stacked = _with_neighbours(x, kernel.shape[0])
        of_images = kernel.transpose(1, 2, 0, 3, 4).reshape(kh, kw, -1, n_out)
        return _correlate(_slices(stacked), of_images).reshape(*x.shape[:-1], n_out)
    of_images = kernel.transpose(1, 2, 3, 0, 4).reshape(kh, kw, n_in, -1)
    given = _correlate(_slices(x), of_images).reshape(*x.shape[:-1], *kernel.shape[::4])
    return _gathered(given)


def gradients_by_slices(x: jax.Array, kernel: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both gradients as convolutions of images, too; see `layers` for the barriers."""
    mirrored = jax.lax.optimization_barrier(_mirrored(kernel))
    return by_slices(dy, mirrored), _kernel_gradient(x, dy, kernel.shape)


def _kernel_gradient(x: jax.Array, dy: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """The thinner of the two maps is read once for each entry of the kernel, so the other one stands still."""
    kd, kh, kw, n_in, n_out = shape
    if n_in > n_out:
        return _mirrored(_kernel_gradient(dy, x, (kd, kh, kw, n_out, n_in)))
    if (kd, kh, kw) == (1, 1, 1):
        return jnp.matmul(x.reshape(-1, n_in).T, dy.reshape(-1, n_out), precision=HIGHEST).reshape(shape)
    channels_as_batch = jax.lax.optimization_barrier(_slices(_with_neighbours(x, kd)).transpose(3, 1, 2, 0))
    dy_as_kernel = jax.lax.optimization_barrier(_slices(dy).transpose(1, 2, 0, 3))
    found = jax.lax.optimization_barrier(_correlate(channels_as_batch, dy_as_kernel, (kh // 2, kw // 2)))
    return found.reshape(kd, n_in, kh, kw, n_out).transpose(0, 2, 3, 1, 4)


def _correlate(x: jax.Array, kernel: jax.Array, padding: tuple[int, ...] | None = None) -> jax.Array:
    """Correlation with zeros beyond the borders, half the kernel if not said how many."""
    d = kernel.ndim - 2
    margins = tuple(side // 2 for side in kernel.shape[:d]) if padding is None else padding
    layouts = {2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(1,) * d,
        padding=[(margin, margin) for margin in margins],
        dimension_numbers=layouts[d],
        precision=HIGHEST,
    )


def _slices(x: jax.Array) -> jax.Array:
    """A volume as a batch of slices (B·D, H, W, C)."""
    return x.reshape(-1, *x.shape[2:])


def _mirrored(kernel: jax.Array) -> jax.Array:
    """The kernel of the adjoint: from the outputs to the inputs."""
    return kernel[::-1, ::-1, ::-1].swapaxes(3, 4)


def _with_neighbours(x: jax.Array, n_slices: int) -> jax.Array:
    """The channels of a slice and of those round it (B, D, H, W, n_slices·C), 0 beyond the ends."""
    if n_slices == 1:
        return x
    padded = _ends(x, n_slices // 2)
    return jnp.concatenate([padded[:, i : i + x.shape[1]] for i in range(n_slices)], axis=-1)


def _gathered(given: jax.Array) -> jax.Array:
    """The sum of what a slice and those round it give to it: (B, D, H, W, kd, out) to (B, D, H, W, out)."""
    depth, n_slices = given.shape[1], given.shape[-2]
    padded = _ends(given, n_slices // 2)
    return sum((padded[:, i : i + depth, ..., i, :] for i in range(1, n_slices)), padded[:, :depth, ..., 0, :])


def _ends(x: jax.Array, n_slices: int) -> jax.Array:
    return jnp.pad(x, ((0, 0), (n_slices, n_slices), *((0, 0),) * (x.ndim - 2)))
