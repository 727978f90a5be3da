"""Hounsfield units [CT10]."""

import numpy as np

# From … to, in Hounsfield units.
TISSUES = {
    "air": (-1000, -1000),
    "lung": (-700, -600),
    "fat": (-120, -90),
    "urine": (-5, 15),
    "water": (0, 0),
    "cerebrospinal fluid": (15, 15),
    "blood": (13, 50),
    "clotted blood": (50, 75),
    "white matter": (20, 30),
    "kidney": (20, 45),
    "muscle": (35, 55),
    "grey matter": (37, 45),
    "liver": (54, 66),
    "cancellous bone": (300, 1900),
}


def to_hounsfield(attenuation: np.ndarray, water: float, air: float = 0.0) -> np.ndarray:
    """HU = 1000 (μ − μ_w) / (μ_w − μ_air) [CT10].

    attenuation: μ of any shape. water, air: μ_w and μ_air, in the same unit.
    """
    return 1000 * (attenuation - water) / (water - air)


def from_hounsfield(hounsfield: np.ndarray, water: float, air: float = 0.0) -> np.ndarray:
    """μ = μ_w + HU (μ_w − μ_air) / 1000, the inverse of `to_hounsfield` [CT10]."""
    return water + hounsfield * (water - air) / 1000
