"""A blurred image made sharp by the Wiener filter, its rim mirrored outwards. No files."""

import numpy as np
from scipy.optimize import minimize_scalar

from deepmix import backends
from deepmix.reference.checks import plain
from deepmix.reference.inverse import fourier
from deepmix.reference.inverse.checks import check_positive

from .job import DTYPES
from .settings import ReconstructionSettings

LEAST_POWER = 1e-12  # as a part of the noise, where nothing but noise is seen
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
    axes = tuple(range(-kernel.ndim, 0))
    mean = image.mean(axis=axes, keepdims=True)
    varies = image - mean
    around = [(0, 0)] * (image.ndim - kernel.ndim) + [(0, max(image.shape[axis] - 2, 0)) for axis in axes]
    mirrored = np.pad(varies, around, mode="reflect")
    spectrum = _spectrum(mirrored, kernel, noise) if power is None else np.asarray(power)
    with backends.opened(backend, DTYPES.get(backend, "")) as module:
        wiener = backends.compiled(module, module.inverse.deconvolution.wiener)
        found = np.asarray(wiener(mirrored, kernel, noise**2, spectrum))
    inside = tuple(map(slice, image.shape))
    return found[inside] + (mean / kernel.sum()).astype(found.dtype)


def _spectrum(image: np.ndarray, kernel: np.ndarray, noise: float) -> np.ndarray:
    """S_u = c/|ω|² with frequency 0 at index n//2, where it is as at the lowest other one.

    c has the largest likelihood of what is seen, |f̂|² of mean |k̂|²S_u + σ²: frequencies in which the image rises
    above its noise count alike, although the lowest have most of its power.
    """
    axes = tuple(range(-kernel.ndim, 0))
    along = np.meshgrid(*(np.fft.fftfreq(image.shape[axis]) for axis in axes), indexing="ij")
    least = 1 / max(image.shape[axis] for axis in axes)
    falling = 1 / np.maximum(np.sum(np.square(along), axis=0), least**2)
    seen = np.abs(np.fft.fftn(image, axes=axes, norm="ortho")) ** 2 / noise**2
    passed = np.abs(fourier.transfer(kernel, image)) ** 2 * falling

    def unlikely(logarithm: float) -> float:
        expected = np.exp(logarithm) * passed + 1
        return float((np.log(expected) + seen / expected).mean())

    most = np.log(1 + seen.max()) - np.log(LEAST_POWER)
    found = minimize_scalar(unlikely, bounds=(np.log(LEAST_POWER), most), method="bounded")
    return np.fft.fftshift(noise**2 * np.exp(found.x) * falling)


def _check(image: np.ndarray, kernel: np.ndarray) -> None:
    """Raise ValueError for what cannot be deconvolved."""
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
