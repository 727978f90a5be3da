"""Mistakes in `inverse.deconvolution`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the signal over the noise, not the noise over the signal",
        "noise / spectrum",
        "spectrum / noise",
        "inverse.deconvolution.wiener/even",
    ),
    Mistake(
        "the spectrum is not shifted",
        "scipy.fft.ifftshift(power)",
        "power",
        "inverse.deconvolution.wiener/even_spectrum",
    ),
)
