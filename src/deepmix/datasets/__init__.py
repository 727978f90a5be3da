"""Data sets: cases found by a table or in a known layout, checked, and loaded by slices or as volumes."""

from collections.abc import Iterable
from pathlib import Path

from deepmix.files.inputs import existing

from . import myops, table, volumes
from .cases import CaseFiles, Layout, LoadedCase, assembled, cropped
from .crop import Crop, around, fitting
from .reading import load
from .volumes import usual

__all__ = [
    "CaseFiles", "Crop", "Layout", "LoadedCase",
    "around", "assembled", "cropped", "find", "fitting", "load", "load_all", "usual",
]  # fmt: skip


def find(path: str | Path) -> list[CaseFiles]:
    """The cases of a table (`.csv`), of a folder with `cases.csv`, or of a folder in the layout of MyoPS 2020.

    Raises FileNotFoundError if there is no such path, and ValueError if it is none of these.
    """
    path = existing(Path(path))
    if path.is_dir():
        listed = path / "cases.csv"
        return table.find(listed) if listed.exists() else myops.find(path)
    if path.suffix.lower() != ".csv":
        raise ValueError(f"{path} is neither a table (.csv) nor a folder of cases")
    return table.find(path)


def load_all(
    cases: Iterable[CaseFiles],
    skip_bad: bool = False,
    size: tuple[int, int] | None = None,
    n_classes: int | None = None,
    dimension: int = 2,
    spacing: tuple[float, ...] | None = None,
) -> tuple[list[list[LoadedCase]], dict[str, str]]:
    """Load every case: the items of each good case, and by name all that is wrong with each bad one.

    skip_bad: return the bad cases rather than raise. size, n_classes, dimension, spacing: see `load`; volumes must
    have about one spacing in any case, that of most of them if none is given.
    Raises ValueError that lists all bad cases, also with skip_bad if no case is good.
    """
    good, bad = [], {}
    for case in cases:
        try:
            good.append(load(case, size, n_classes, dimension, spacing))
        except ValueError as error:
            bad[case.name] = str(error)
    if dimension == 3 and spacing is None and good:
        odd = volumes.odd(good)
        bad |= odd
        good = [items for items in good if items[0].case.name not in odd]
    if not (good or bad):
        raise ValueError("there are no cases")
    if bad and not (skip_bad and good):
        listed = "; ".join(f"{name}: {faults.replace('; ', ', ')}" for name, faults in bad.items())
        remedy = "; leave them out with --skip-bad" if good else ""
        raise ValueError(f"{len(bad)} of {len(good) + len(bad)} cases cannot be used: {listed}{remedy}")
    return good, bad
