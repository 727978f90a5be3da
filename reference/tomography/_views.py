"""One view between its detectors."""

import numpy as np

from .records import ScanGeometry


def at(view: np.ndarray, geometry: ScanGeometry, places: np.ndarray) -> np.ndarray:
    """A view (D,) at places of any shape, in mm: interpolated linearly, from the last detectors on down to 0."""
    number = (places - geometry.detectors[0]) / geometry.detector_spacing
    return np.interp(number, np.arange(-1, len(view) + 1), np.pad(view, 1))
