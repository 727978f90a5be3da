"""NumPy's own format, `.npy`, which has no place in the patient."""

from pathlib import Path

import numpy as np

from .inputs import one_line
from .records import Image, Meant, Stored


def read(path: Path, meant: Meant) -> Image:
    """An array (H, W), (M, H, W) or (M, H, W, D); for one channel, (H, W[, D]). Raises ValueError for others."""
    return Image(
        channels=_channels(_load(path), path, meant.one_channel), geometry=None, suffix=".npy", source=path
    )


def stored(path: Path, meant: Meant) -> Stored:
    """The contents of the header. Raises ValueError as `read`."""
    channels = _channels(_load(path, memory_map=True), path, meant.one_channel)
    return Stored(shape=channels.shape[1:], n_channels=len(channels), dtype=channels.dtype)


def write(path: Path, array: np.ndarray, like: Image) -> None:
    """Write an array unchanged."""
    np.save(path, array)


def _load(path: Path, memory_map: bool = False) -> np.ndarray:
    try:
        found = np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"cannot read {path}: {one_line(error)}") from error
    if not isinstance(found, np.ndarray):
        raise ValueError(f"cannot read {path}: it is an archive of arrays; save one with numpy.save")
    return found


def _channels(array: np.ndarray, path: Path, one_channel: bool) -> np.ndarray:
    if array.ndim not in ((2, 3) if one_channel else (2, 3, 4)):
        expected = "(H, W) or (H, W, D)" if one_channel else "(H, W), (M, H, W) or (M, H, W, D)"
        raise ValueError(f"{path} must have the shape {expected}, got {array.shape}")
    return array[None] if one_channel or array.ndim == 2 else array
