"""What X-rays count, and the line integrals from the counts [CT1]–[CT3]."""

from collections.abc import Callable

import numpy as np

from ..checks import check_choice
from .records import Projections

# What a photon of energy E adds to the signal, by the kind of detector.
SIGNALS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "integrating": lambda energies: energies,
    "counting": np.ones_like,
}
FEWEST = 0.5  # counts; for those that are none


def transmitted(sinogram: np.ndarray, flat: np.ndarray, dark: np.ndarray | float = 0.0) -> np.ndarray:
    """The expected counts N = N_d + (N₀ − N_d) e^{−p} [CT1].

    sinogram: p (n, D). flat, dark: N₀ and N_d, counts without object and without beam, (n, D), (D,) or a number.
    """
    return dark + (flat - dark) * np.exp(-sinogram)


def line_integrals(counts: np.ndarray, flat: np.ndarray, dark: np.ndarray | float = 0.0) -> Projections:
    """p = ln((N₀ − N_d) / (N − N_d)), and the weights W = N − N_d of Poisson's noise [CT1], [CT3].

    counts: N (n, D). flat, dark: as for `transmitted`. N − N_d of at most 0 counts ½. A detector whose flat field
    is
    not above the dark one is dead: p = 0, W = 0. Returns `Projections`.
    """
    incident, passed = np.broadcast_to(flat - dark, counts.shape), counts - dark
    starved = passed <= 0
    passed, alive = np.where(starved, FEWEST, passed), incident > 0
    return Projections(
        sinogram=np.where(alive, np.log(np.where(alive, incident, 1) / passed), 0),
        weights=np.where(alive, passed, 0),
        starved=starved | ~alive,
    )


def polyenergetic(
    lengths: np.ndarray,
    attenuation: np.ndarray,
    spectrum: np.ndarray,
    energies: np.ndarray,
    detector: str = "integrating",
) -> np.ndarray:
    """p = ln(I(0)/I), I = Σ_E S ω e^{−Σ_m μ_m ℓ_m} [CT1].

    lengths: ℓ (M, …) in mm through M materials. attenuation: μ (M, E) a mm. spectrum: S (E,), photons of each
    energy.
    energies: (E,). detector: ω, "integrating" (the energy) or "counting" (1). Returns (…).
    Raises ValueError for another detector.
    """
    shares = _shares(spectrum, energies, detector)
    passed = np.zeros(lengths.shape[1:])
    for share, mu in zip(shares, attenuation.T, strict=True):
        passed += share * np.exp(-np.tensordot(mu, lengths, 1))
    return -np.log(passed)


def effective_attenuation(
    attenuation: np.ndarray, spectrum: np.ndarray, energies: np.ndarray, detector: str = "integrating"
) -> np.ndarray:
    """The mean of μ with the weights Sω: the slope of p at ℓ = 0 [CT1]. attenuation: (…, E). Returns (…)."""
    return attenuation @ _shares(spectrum, energies, detector)


def water_correction(
    lengths: np.ndarray,
    attenuation: np.ndarray,
    spectrum: np.ndarray,
    energies: np.ndarray,
    detector: str = "integrating",
    degree: int = 4,
) -> np.ndarray:
    """c (degree,) with Σ_k c_k p(ℓ)^k = μℓ for water, k = 1 …, by least squares [CT2].

    lengths: ℓ (L,) in mm, those that occur. attenuation: of water, (E,) a mm; μ on the right is its
    `effective_attenuation`. spectrum, energies, detector: as for `polyenergetic`. degree: at most L.
    """
    p = polyenergetic(lengths[None], attenuation[None], spectrum, energies, detector)
    wanted = effective_attenuation(attenuation, spectrum, energies, detector) * lengths
    largest, powers = p.max(), np.arange(1, degree + 1)
    columns = (p / largest)[:, None] ** powers  # of about one size
    return np.linalg.lstsq(columns, wanted)[0] / largest**powers


def corrected(sinogram: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Σ_k c_k p^k, k = 1 … [CT2]. sinogram: p of any shape. coefficients: (degree,), of `water_correction`."""
    total = np.zeros(sinogram.shape)
    for coefficient in coefficients[::-1]:
        total = (total + coefficient) * sinogram
    return total


def contrast(signal: np.ndarray, background: np.ndarray) -> np.ndarray:
    """C = (I_t − I_b) / I_b [CT3]; arrays or numbers."""
    return (signal - background) / background


def signal_to_noise(contrast: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """C √N_b of a contrast before a background of N_b expected counts [CT3]; arrays or numbers."""
    return contrast * np.sqrt(counts)


def _shares(spectrum: np.ndarray, energies: np.ndarray, detector: str) -> np.ndarray:
    """Sω / Σ Sω (E,)."""
    check_choice("detector", detector, tuple(SIGNALS))
    signal = spectrum * SIGNALS[detector](energies)
    return signal / signal.sum()
