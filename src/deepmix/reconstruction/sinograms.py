"""What was measured, from files: a sinogram, or counts with their fields, and the angles if the file has them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.files.inputs import unreadable

from .scans import UNITS, ScanDescription, in_radians

HTC = "CtDataLimited", "CtDataFull"  # of the Helsinki Tomography Challenge


class Measurement(NamedTuple):
    """values: (n, D), line integrals, or counts if there is a flat field. flat, dark: (D,) or None.

    weights: of data that are no counts, of their shape. scan: how it was made, if the file says so.
    """

    values: np.ndarray
    flat: np.ndarray | None = None
    dark: np.ndarray | None = None
    weights: np.ndarray | None = None
    scan: ScanDescription | None = None


def read(path: Path, row: int | None = None) -> Measurement:
    """Read a sinogram (n, D): `.npy`, `.npz`, TIFF, HDF5 in the data-exchange layout, or `.mat` of HTC 2022.

    row: of the detector, where a file holds several; None: it holds one. Raises ValueError for what cannot be
    read.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path} is none of {', '.join(READERS)}; save the sinogram as .npy, a view a row")
    found = _through(reader, path, row)
    _check_real(path, found.values, 2, "views × detectors")
    return found._replace(values=found.values.astype(np.float64))


def field(path: Path, row: int | None = None) -> np.ndarray:
    """A flat or a dark field (D,), or the mean of several (k, D) or (k, rows, D), from `.npy`, `.npz` or TIFF."""
    if READERS.get(path.suffix.lower()) is not _plain:
        raise ValueError(f"{path}: a flat or dark field must be .npy, .npz or TIFF")
    values = _chosen(np.atleast_1d(_through(_array, path)), row, path)
    values = values.mean(axis=0) if values.ndim == 2 else values
    _check_real(path, values, 1, "a value for each detector")
    return values.astype(np.float64)


def _through(reader: Callable[..., Any], path: Path, *rest: Any) -> Any:
    """What a reader returns of a file; what it cannot read is a ValueError that names the file."""
    try:
        return reader(path, *rest)
    except (ImportError, OSError):
        raise
    except Exception as error:
        named = isinstance(error, ValueError) and str(path) in str(error)
        raise (error if named else unreadable(path, error)) from None


def _check_real(path: Path, values: np.ndarray, n_axes: int, expected: str) -> None:
    if values.ndim != n_axes or values.dtype.kind not in "biuf":
        raise ValueError(f"{path} holds {values.dtype} of shape {values.shape}; expected real numbers, {expected}")


def _array(path: Path) -> np.ndarray:
    if path.suffix.lower() == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            if len(archive.files) != 1:
                raise ValueError(f"{path} holds {', '.join(archive.files)}; save the sinogram alone")
            return np.asarray(archive[archive.files[0]])
    import tifffile

    return np.asarray(tifffile.imread(path))


def _plain(path: Path, row: int | None) -> Measurement:
    return Measurement(values=_chosen(_array(path), row, path))


def _exchange(path: Path, row: int | None) -> Measurement:
    """exchange/data (n, rows, D), data_white, data_dark; theta in degrees unless its attribute `units` differs."""
    try:
        import h5py
    except ImportError:
        raise ImportError("HDF5 files need h5py; install it with: pip install 'deepmix[raw]'") from None
    with h5py.File(path) as file:
        if "exchange/data" not in file:
            raise ValueError(f"{path} has no /exchange/data, where the data-exchange layout keeps the views")
        group = file["exchange"]
        values = _chosen(group["data"], row, path)
        fields = {
            name: _chosen(group[key], row, path).mean(axis=0)
            for name, key in (("flat", "data_white"), ("dark", "data_dark"))
            if key in group
        }
        scan = None
        if "theta" in group:
            angles = in_radians(np.asarray(group["theta"], float), _unit(group["theta"].attrs.get("units"), path))
            scan = ScanDescription(type="parallel", angles=angles)
    return Measurement(values=values, scan=scan, **fields)


def _htc(path: Path, row: int | None) -> Measurement:
    from scipy.io import loadmat

    held = loadmat(path, simplify_cells=True)
    data = next((held[name] for name in HTC if name in held), None)
    if data is None:
        raise ValueError(f"{path} has none of {', '.join(HTC)}, the structures of the Helsinki challenges")
    said: dict[str, Any] = data["parameters"]
    scan = ScanDescription(
        type="fan",
        angles=np.deg2rad(np.asarray(said["angles"], float)),
        detector_spacing=float(said["pixelSizePost"]),
        source_to_axis=float(said["distanceSourceOrigin"]),
        source_to_detector=float(said["distanceSourceDetector"]),
    )
    return Measurement(values=np.asarray(data["sinogram"]), scan=scan)


def _unit(said: Any, path: Path) -> str:
    """ "deg" or "rad", from an attribute as HDF5 has it, text or bytes; degrees if there is none."""
    if said is None:
        return "deg"
    word = np.ravel(said)[0] if np.size(said) else ""
    word = word.decode() if isinstance(word, bytes) else str(word)
    for unit in UNITS:
        if word.strip().lower().startswith(unit):
            return unit
    raise ValueError(f"{path} has angles in {word!r}; known are degrees and radians")


def _chosen(values: Any, row: int | None, path: Path) -> np.ndarray:
    """(n, D) of (n, rows, D), an array or a data set of HDF5, of which the row alone is read."""
    if values.ndim != 3:
        if row:
            raise ValueError(f"{path} has one row of detectors, the row 0, not {row}")
        return np.asarray(values)
    if row is None and values.shape[1] > 1:
        raise ValueError(f"{path} holds {values.shape[1]} rows of detectors; choose one by --row")
    if not 0 <= (row or 0) < values.shape[1]:
        raise ValueError(f"{path} has the rows 0 to {values.shape[1] - 1}, not {row}")
    return np.asarray(values[:, row or 0])


READERS: dict[str, Callable[[Path, int | None], Measurement]] = {
    ".npy": _plain,
    ".npz": _plain,
    ".tif": _plain,
    ".tiff": _plain,
    ".h5": _exchange,
    ".hdf5": _exchange,
    ".mat": _htc,
}
