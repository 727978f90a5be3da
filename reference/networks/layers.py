"""The layers of the network [U1]–[U4], [NN1]: each returns its value and its pullback.

Feature maps are (C, *spatial), of two axes or three; kernels (*k, in, out). A pullback takes the loss's gradient
at the value and returns its gradients at the layer's arrays, in the order of the arguments.
"""

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pullback = Callable[[np.ndarray], np.ndarray]
Pullbacks = Callable[[np.ndarray], tuple[np.ndarray, ...]]


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None) -> tuple[np.ndarray, Pullbacks]:
    """Convolution with same padding, as the term is used in deep learning (a correlation) [U1], [NN1].

    x: (in, *spatial). kernel: (*k, in, out), an odd number for each axis. bias: (out,), 0 if not given.
    Returns (out, *spatial).
    """
    axes = _spatial(x)
    patches = _patches(x, kernel.shape)

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        dkernel = np.moveaxis(np.tensordot(patches, dy, axes=(axes, axes)), 0, -2)
        mirrored = np.flip(kernel, tuple(range(len(axes)))).swapaxes(-1, -2)
        dx = _correlate(_patches(dy, kernel.shape), mirrored)
        return dx, dkernel, dy.sum(axis=axes)

    y = _correlate(patches, kernel)
    return y if bias is None else y + _of_channels(bias, y), pullback


def leaky_relu(x: np.ndarray, negative_slope: float = 0.01) -> tuple[np.ndarray, Pullback]:
    """x where x ≥ 0, else `negative_slope`·x; the derivative at 0 is 1."""
    slope = np.where(x >= 0, 1.0, negative_slope)
    return slope * x, lambda dy: slope * dy


def instance_norm(
    x: np.ndarray, scale: np.ndarray, shift: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, Pullbacks]:
    """Each channel to mean 0 and standard deviation 1 (biased variance + ε), then learned scale and shift [U1].

    x: (C, *spatial). scale, shift: (C,). Returns (C, *spatial).
    """
    axes = _spatial(x)
    centred = x - x.mean(axis=axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    normed = centred / deviation

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        dscale, dshift = (dy * normed).sum(axis=axes), dy.sum(axis=axes)
        dnormed = dy * _of_channels(scale, dy)
        mean = dnormed.mean(axis=axes, keepdims=True)
        along = (dnormed * normed).mean(axis=axes, keepdims=True)
        return (dnormed - mean - along * normed) / deviation, dscale, dshift

    return _of_channels(scale, x) * normed + _of_channels(shift, x), pullback


def max_pool(x: np.ndarray, factor: tuple[int, ...] | None = None) -> tuple[np.ndarray, Pullback]:
    """Maximum of each window [U2], [NN1]; the gradient goes to the first maximum in row-major order.

    x: (C, *spatial), each size a multiple of its factor. factor: 1 or 2 for each axis; 2 if not given.
    Returns (C, *spatial), each axis shorter by its factor.
    """
    places = _windows(x, factor)
    windows = np.stack([x[place] for place in places], axis=-1)
    first = windows.argmax(axis=-1)

    def pullback(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros_like(x)
        for number, place in enumerate(places):
            dx[place] = (first == number) * dy
        return dx

    return windows.max(axis=-1), pullback


def upsample(x: np.ndarray, factor: tuple[int, ...] | None = None) -> tuple[np.ndarray, Pullback]:
    """Each axis longer by its factor, by the nearest neighbour [U3], [NN1].

    x: (C, *spatial). factor: 1 or 2 for each axis; 2 if not given. Returns (C, *spatial), so much larger.
    """
    factors = factor or (2,) * len(_spatial(x))
    y = x
    for axis, times in enumerate(factors, start=1):
        y = y.repeat(times, axis=axis)

    def pullback(dy: np.ndarray) -> np.ndarray:
        windows = [size for pair in zip(x.shape[1:], factors, strict=True) for size in pair]
        return dy.reshape(len(x), *windows).sum(axis=tuple(range(2, dy.ndim * 2, 2)))

    return y, pullback


def softmax(logits: np.ndarray) -> tuple[np.ndarray, Pullback]:
    """Softmax over the classes, the first axis [U4]: (K, …) to (K, …)."""
    exponentials = np.exp(logits - logits.max(axis=0))
    probabilities = exponentials / exponentials.sum(axis=0)

    def pullback(dy: np.ndarray) -> np.ndarray:
        return probabilities * (dy - (probabilities * dy).sum(axis=0))

    return probabilities, pullback


def _spatial(maps: np.ndarray) -> tuple[int, ...]:
    """The axes of maps (C, *spatial) but the first."""
    return tuple(range(1, maps.ndim))


def _of_channels(numbers: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """A number for each channel (C,), in a shape that goes with maps (C, *spatial)."""
    return numbers.reshape(-1, *[1] * (maps.ndim - 1))


def _windows(x: np.ndarray, factor: tuple[int, ...] | None) -> list[tuple[slice, ...]]:
    """Where the first pixels of all windows are, where the second ones, and so on, in row-major order."""
    factors = factor or (2,) * len(_spatial(x))
    return [
        (slice(None), *(slice(start, None, step) for start, step in zip(starts, factors, strict=True)))
        for starts in product(*map(range, factors))
    ]


def _patches(x: np.ndarray, kernel_shape: tuple[int, ...]) -> np.ndarray:
    """The surroundings of every pixel, of the size of the kernel, 0 beyond the border: (C, *spatial, *k)."""
    axes = _spatial(x)
    sides = kernel_shape[: len(axes)]
    padded = np.pad(x, ((0, 0), *((side // 2, side // 2) for side in sides)))
    return sliding_window_view(padded, sides, axis=axes)


def _correlate(patches: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    d = kernel.ndim - 2
    return np.tensordot(kernel, patches, axes=([*range(d + 1)], [*range(d + 1, 2 * d + 1), 0]))
