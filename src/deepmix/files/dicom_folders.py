"""The images of the one series in a folder."""

from pathlib import Path

from .dicom_headers import Plane, planes


def of_folder(folder: Path) -> list[Plane]:
    """The images of the series that a folder holds, in the order of the file names; hidden files do not count.

    Raises ValueError for a folder that holds no series or several, and for files with the suffix of the series
    that cannot be read.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    found = {path: planes(path) for path in files}
    images = [plane for each in found.values() for plane in each or ()]
    suffixes = {_suffix(plane.path) for plane in images}
    for path, each in found.items():
        empty = not path.stat().st_size
        if each is None and (_suffix(path) in suffixes or (empty and not _suffix(path))):
            what = "empty" if empty else "no DICOM"
            raise ValueError(f"cannot read {path}: it is {what}, among files that are; replace it, or take it out")
    if not images:
        raise ValueError(f"no DICOM series in the folder {folder}")
    series: dict[str, dict[Path, None]] = {}
    for plane in images:
        series.setdefault(plane.series, {})[plane.path] = None
    if len(series) > 1:
        listed = ", ".join(f"{next(iter(paths)).name} and {len(paths) - 1} more" for paths in series.values())
        raise ValueError(f"{folder} holds {len(series)} DICOM series, give each its own folder: {listed}")
    return images


def _suffix(path: Path) -> str:
    """The suffix of a file, in lower case; numbers do not count, because file names may be UIDs."""
    return "" if path.suffix[1:].isdigit() else path.suffix.lower()
