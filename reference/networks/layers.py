"""The layers of the network [U1]–[U4]: each returns its value and its pullback.

Feature maps are (C, H, W); kernels (kh, kw, in, out). A pullback takes the loss's gradient at the
value and returns its gradients at the layer's arrays, in the order of the arguments.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pullback = Callable[[np.ndarray], np.ndarray]
Pullbacks = Callable[[np.ndarray], tuple[np.ndarray, ...]]


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None) -> tuple[np.ndarray, Pullbacks]:
    """Convolution with same padding, as the term is used in deep learning (a correlation).

    x: (in, H, W). kernel: (kh, kw, in, out), kh and kw odd. bias: (out,), 0 if not given. Returns (out, H, W).
    """
    patches = _patches(x, kernel.shape)

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        dkernel = np.tensordot(patches, dy, axes=([1, 2], [1, 2])).transpose(1, 2, 0, 3)
        mirrored = kernel[::-1, ::-1].swapaxes(2, 3)
        dx = _correlate(_patches(dy, kernel.shape), mirrored)
        return dx, dkernel, dy.sum(axis=(1, 2))

    y = _correlate(patches, kernel)
    return y if bias is None else y + bias[:, None, None], pullback


def leaky_relu(x: np.ndarray, negative_slope: float = 0.01) -> tuple[np.ndarray, Pullback]:
    """x where x ≥ 0, else `negative_slope`·x; the derivative at 0 is 1."""
    slope = np.where(x >= 0, 1.0, negative_slope)
    return slope * x, lambda dy: slope * dy


def instance_norm(
    x: np.ndarray, scale: np.ndarray, shift: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, Pullbacks]:
    """Each channel to mean 0 and standard deviation 1 (biased variance + ε), then learned scale and shift [U1].

    x: (C, H, W). scale, shift: (C,). Returns (C, H, W).
    """
    centred = x - x.mean(axis=(1, 2), keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True) + eps)
    normed = centred / deviation

    def pullback(dy: np.ndarray) -> tuple[np.ndarray, ...]:
        dscale, dshift = (dy * normed).sum(axis=(1, 2)), dy.sum(axis=(1, 2))
        dnormed = dy * scale[:, None, None]
        mean = dnormed.mean(axis=(1, 2), keepdims=True)
        along = (dnormed * normed).mean(axis=(1, 2), keepdims=True)
        return (dnormed - mean - along * normed) / deviation, dscale, dshift

    return scale[:, None, None] * normed + shift[:, None, None], pullback


def max_pool(x: np.ndarray) -> tuple[np.ndarray, Pullback]:
    """Maximum of each 2×2 window [U2]; the gradient goes to the first maximum in row-major order.

    x: (C, H, W), H and W even. Returns (C, H/2, W/2).
    """
    channels, height, width = x.shape
    windows = x.reshape(channels, height // 2, 2, width // 2, 2).swapaxes(2, 3)
    windows = windows.reshape(channels, height // 2, width // 2, 4)
    first = windows.argmax(axis=-1)[..., None] == np.arange(4)

    def pullback(dy: np.ndarray) -> np.ndarray:
        spread = (first * dy[..., None]).reshape(channels, height // 2, width // 2, 2, 2)
        return spread.swapaxes(2, 3).reshape(x.shape)

    return windows.max(axis=-1), pullback


def upsample(x: np.ndarray) -> tuple[np.ndarray, Pullback]:
    """Twice the height and width, by the nearest neighbour [U3]: (C, H, W) to (C, 2H, 2W)."""
    channels, height, width = x.shape

    def pullback(dy: np.ndarray) -> np.ndarray:
        return dy.reshape(channels, height, 2, width, 2).sum(axis=(2, 4))

    return x.repeat(2, axis=1).repeat(2, axis=2), pullback


def softmax(logits: np.ndarray) -> tuple[np.ndarray, Pullback]:
    """Softmax over the classes, the first axis [U4]: (K, …) to (K, …)."""
    exponentials = np.exp(logits - logits.max(axis=0))
    probabilities = exponentials / exponentials.sum(axis=0)

    def pullback(dy: np.ndarray) -> np.ndarray:
        return probabilities * (dy - (probabilities * dy).sum(axis=0))

    return probabilities, pullback


def _patches(x: np.ndarray, kernel_shape: tuple[int, ...]) -> np.ndarray:
    """The kh×kw surroundings of every pixel, 0 beyond the border: (C, H, W, kh, kw)."""
    kh, kw = kernel_shape[:2]
    padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))
    return sliding_window_view(padded, (kh, kw), axis=(1, 2))


def _correlate(patches: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return np.tensordot(kernel, patches, axes=([0, 1, 2], [3, 4, 0]))
