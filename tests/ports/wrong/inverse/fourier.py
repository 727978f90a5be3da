"""Mistakes in `inverse.fourier`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "fftshift where ifftshift belongs",
        "scipy.fft.fftn(scipy.fft.ifftshift(image, axes)",
        "scipy.fft.fftn(scipy.fft.fftshift(image, axes)",
        "inverse.fourier.transform/odd",
    ),
    Mistake(
        "the transform is not orthonormal",
        'scipy.fft.ifftn(scipy.fft.ifftshift(spectrum, axes), axes=axes, norm="ortho")',
        "scipy.fft.ifftn(scipy.fft.ifftshift(spectrum, axes), axes=axes)",
        "inverse.fourier.inverse/even",
    ),
    Mistake(
        "the kernel is centred between its pixels",
        "-(side // 2) for side in kernel.shape",
        "-((side - 1) // 2) for side in kernel.shape",
        "inverse.fourier.transfer/even",
    ),
)
