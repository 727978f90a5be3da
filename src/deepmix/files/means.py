"""Means of the classes from a file."""

import json
import re
import warnings
from pathlib import Path

import numpy as np

from .inputs import existing, one_line


def read_means(path: str | Path) -> np.ndarray:
    """Read class means (K, M) from text (one row per class, commas or blanks, # comments), `.npy` or `.json`.

    Raises FileNotFoundError if there is no such file, and ValueError if it is not a table of finite numbers.
    """
    path = existing(Path(path))
    try:
        if path.suffix == ".npy":
            means = np.load(path, allow_pickle=False).astype(float)
        elif path.suffix == ".json":
            means = np.array(json.loads(path.read_text("utf-8-sig")), dtype=float)
        else:
            rows = [re.sub("[,;]", " ", line) for line in path.read_text("utf-8-sig").splitlines()]
            with warnings.catch_warnings(action="ignore"):  # of no rows: an error below
                means = np.loadtxt(rows, ndmin=2)
    except (ValueError, TypeError, EOFError) as error:
        raise ValueError(f"cannot read means from {path}: {one_line(error)}") from error
    if means.ndim != 2 or means.size == 0 or not np.isfinite(means).all():
        raise ValueError(f"{path} must hold a table of finite numbers, one row a class; got shape {means.shape}")
    return means
