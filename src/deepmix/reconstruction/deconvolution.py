"""A blurred image made sharp by the Wiener filter, its rim mirrored outwards. No files."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from deepmix import backends
from deepmix.reference.checks import plain
from deepmix.reference.inverse import fourier
from deepmix.reference.inverse.checks import check_positive

from .job import DTYPES
from .settings import ReconstructionSettings

LEAST_POWER = 1e-12  # as a part of the noise, where nothing but noise is seen
PASSED = 0.01  # of a kernel's largest |k̂|², from which on a frequency tells of the image
SILENT, TOO_MUCH = 0.1, 2.0  # times σ²: the image where only noise is seen, and what is no such noise
LEAST_SUM = 1e-6  # of a kernel, as a part of the sum of its sizes


def deconvolve(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    noise: float,
    power: float | None = None,
    backend: str = ReconstructionSettings.backend,
) -> np.ndarray:
    """Undo a known blur by the Wiener filter [IP5], the estimate of least mean error.

    Returns the image, of the same shape. Raises ValueError for NaN or infinity, a kernel that is larger than the
    image or sums to 0, a noise or power that is not positive, and ImportError if the backend is not installed.

    The filter takes an image for periodic, which real ones are not: it is continued by its mirror image first, so
    that nothing jumps where it wraps around, and cut afterwards. The mean is taken out before and put back,
    divided by the kernel's sum: the filter weakens what varies, not how bright all is.

    image: (…, *spatial), real or complex; axes in front of those of the kernel are channels. kernel: (*sides), its
    centre at index n//2. noise: the standard deviation of a pixel's noise, as the image has it. power: S_u, the
    variance of the sharp image about its mean, the same at all frequencies; if not given, it falls with the square
    of the frequency, as in most images, and is as large as the image shows beyond its noise.
    backend: "accelerated", in float32, or "reference".
    """
    image, kernel = plain(image), plain(kernel)
    _check(image, kernel)
    check_positive(noise=noise, **({} if power is None else {"power": power}))
    channels = image.reshape(-1, *image.shape[image.ndim - kernel.ndim :])
    with backends.opened(backend, DTYPES.get(backend, "")) as module:
        wiener = backends.compiled(module, module.inverse.deconvolution.wiener)
        found = np.stack([_sharpened(channel, kernel, noise, power, wiener) for channel in channels])
    return found.reshape(image.shape)


def _sharpened(
    channel: np.ndarray, kernel: np.ndarray, noise: float, power: float | None, wiener: Callable[..., Any]
) -> np.ndarray:
    """A channel (*spatial) by the filter; in the unit of its noise, so that no unit is too small for float32."""
    mean = channel.mean()
    mirrored = np.pad((channel - mean) / noise, [(0, max(n - 2, 0)) for n in channel.shape], mode="reflect")
    spectrum = _spectrum(mirrored, kernel, noise) if power is None else np.asarray(power / noise / noise)
    inside = tuple(map(slice, channel.shape))
    sharp = np.asarray(wiener(mirrored, kernel, 1.0, spectrum))[inside]
    return (sharp * noise + mean / kernel.sum()).astype(sharp.dtype)


def _spectrum(image: np.ndarray, kernel: np.ndarray, noise: float) -> np.ndarray:
    """S_u = c/|ω|² with frequency 0 at index n//2, where it is as at the lowest other one; in the unit of σ².

    c has the largest likelihood of what is seen, |f̂|² of mean |k̂|²S_u + 1, at the frequencies that the kernel
    passes: all in which the image rises above its noise count alike, although the lowest have most of its power.
    Warns if what is seen at the others is no such noise. image: in the unit of σ, `noise`.
    """
    along = np.meshgrid(*(np.fft.fftfreq(n) for n in image.shape), indexing="ij")
    falling = 1 / np.maximum(np.sum(np.square(along), axis=0), 1 / max(image.shape) ** 2)
    seen = np.abs(np.fft.fftn(image, norm="ortho")) ** 2
    response = np.abs(fourier.transfer(kernel, image)) ** 2
    passes = response >= PASSED * response.max()

    def unlikely(logarithm: float) -> float:
        expected = np.exp(logarithm) * (response * falling)[passes] + 1
        return float((np.log(expected) + seen[passes] / expected).mean())

    most = np.log(1 + seen.max()) - np.log(LEAST_POWER)
    found = np.exp(minimize_scalar(unlikely, bounds=(np.log(LEAST_POWER), most), method="bounded").x)
    silent = seen[found * response * falling < SILENT]
    if silent.size and silent.mean() > TOO_MUCH:
        about = noise * np.sqrt(silent.mean())
        warnings.warn(
            f"the image is noisier than noise={noise:g} says, about {about:.2g}: too little makes noise of it",
            stacklevel=4,
        )
    return np.fft.fftshift(found * falling)


def _check(image: np.ndarray, kernel: np.ndarray) -> None:
    """Raise ValueError for what cannot be deconvolved."""
    if image.dtype.kind not in "biufc" or not image.size:
        raise ValueError(f"image must hold numbers, got {image.size} of dtype {image.dtype}")
    for name, array in (("image", image), ("kernel", kernel)):
        if bad := int((~np.isfinite(array)).sum()):
            raise ValueError(f"{name}: {bad} of {array.size} values are NaN or infinite; mend them first")
    spatial = image.shape[image.ndim - kernel.ndim :] if 0 < kernel.ndim <= image.ndim else ()
    fits = len(spatial) > 0 and all(0 < side <= n for side, n in zip(kernel.shape, spatial, strict=True))
    if not fits:
        raise ValueError(
            f"a kernel of shape {kernel.shape} does not fit into an image of shape {image.shape}: as many axes or "
            "fewer, the last of the image, and no side longer"
        )
    if np.abs(kernel.sum()) <= LEAST_SUM * np.abs(kernel).sum():
        raise ValueError("the kernel sums to 0: it is no blur, and nothing tells how bright the image was")
