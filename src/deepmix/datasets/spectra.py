"""A coarse spectrum of an X-ray tube, and what water and bone attenuate of it."""

import numpy as np

ENERGIES = np.array([40.0, 50, 60, 80, 100])  # keV
# Shares of the photons: about those of a tube at 120 kV behind aluminium; plausible numbers, not measured.
PHOTONS = np.array([0.20, 0.25, 0.25, 0.20, 0.10])
# Of water and of cortical bone a mm: μ/ρ in cm²/g (Hubbell and Seltzer, NIST Standard Reference Database 126),
# times ρ in g/cm³.
ATTENUATION = {
    "water": 0.1 * 1.00 * np.array([0.2683, 0.2269, 0.2059, 0.1837, 0.1707]),
    "bone": 0.1 * 1.92 * np.array([0.6655, 0.4242, 0.3148, 0.2229, 0.1855]),
}
