"""Label maps that were found before: the same inputs, settings and code make the same map."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

import deepmix.accelerated
import deepmix.reference


class Found(NamedTuple):
    """A label map (H, W), classes 1 … K inside the mask, and how long it took."""

    labels: np.ndarray
    seconds: float


class Cache:
    """Label maps in a folder, one file each, named by a digest of all that they depend on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, made_of: tuple[object, ...], make: Callable[[], Found]) -> Found:
        """The label map that was made from the same before, or else is made now."""
        path = self._folder / f"{_digest(made_of)}.npz"
        if path.exists():
            with np.load(path) as stored:
                return Found(stored["labels"], float(stored["seconds"]))
        found = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        np.savez_compressed(temporary, **found._asdict())
        os.replace(temporary, path)
        return found


@cache
def code() -> str:
    """A digest of the project's own code, because all of it may change results."""
    packages = deepmix, deepmix.reference, deepmix.accelerated
    files = [path for package in packages for path in sorted(Path(package.__path__[0]).rglob("*.py"))]
    return _digest(tuple(path.read_bytes() for path in files))


def _digest(parts: tuple[object, ...]) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return hashed.hexdigest()[:32]
