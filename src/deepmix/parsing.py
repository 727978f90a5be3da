"""From what a user types for a setting to its value."""

from pathlib import Path
from typing import TYPE_CHECKING

from deepmix.files.inputs import existing

if TYPE_CHECKING:
    import numpy as np


def number_or_word(text: str) -> float | str:
    """A number, or the word as it is."""
    try:
        return float(text)
    except ValueError:
        return text


def slices(text: str) -> tuple[int | None, int | None]:
    """A:B as (A, B), either of them None if left out. Raises ValueError for other texts."""
    try:
        first, end = (int(part) if part else None for part in text.split(":"))
    except ValueError:
        raise ValueError(f"--slices takes A:B, such as 5:10 or :3; got {text!r}") from None
    return first, end


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between. Raises ValueError for other texts."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"expected numbers with commas between, such as 0.2,0.5,0.3; got {text!r}") from None


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas, without empty ones."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def means(path: Path) -> "np.ndarray":
    """The channel means (K, M) in a file, one row per class. Raises OSError or ValueError if it cannot be read."""
    existing(path)
    from deepmix.files.means import read_means

    return read_means(path)
