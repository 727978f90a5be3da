"""The true image beside the one that was found, in the unit of what is written."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepmix.evaluation.images import nrmse, psnr, ssim
from deepmix.files import images

from .slices import slice_of

MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"psnr": psnr, "ssim": ssim, "nrmse": nrmse}
ALIKE = 100.0  # times the range of values: beyond it, units hardly are the same


def read(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The truth (H, W), of the image's shape. Raises ValueError for others, and for what cannot be compared."""
    truth = slice_of(images.read_image([path]), None, "the truth must be the one that was scanned")
    if truth.shape != shape:
        raise ValueError(
            f"{path} has {truth.shape} rows and columns, the image {shape}: the truth must have the same"
        )
    compared(truth, truth)
    return truth


def compared(image: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """PSNR in dB, SSIM and NRMSE, with the data range of the truth, by name. image, truth: (H, W)."""
    values = {name: measure(image, truth) for name, measure in MEASURES.items()}
    return values | {"data_range": float(np.ptp(truth))}


def check_units(image: np.ndarray, truth: np.ndarray) -> None:
    """Warn if values are so unlike that one is in Hounsfield units and the other a mm."""
    found, true = np.ptp(image), np.ptp(truth)
    if max(found, true) > ALIKE * min(found, true):
        warnings.warn(
            f"the truth goes over {true:.3g}, the image over {found:.3g}: with --hu the truth must be in "
            "Hounsfield units, without it attenuations a mm",
            stacklevel=3,
        )
