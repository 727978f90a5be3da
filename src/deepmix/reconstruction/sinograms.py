"""What was measured, from files: a sinogram, or counts with their fields, and the angles if the file has them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix.files.inputs import unreadable

from . import arrays
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
    """Read a sinogram (n, D): `.npy`, `.npz`, TIFF, NIfTI, HDF5 in the data-exchange layout, `.mat` of HTC 2022.

    row: of the detector, where a file holds several; None: it holds one. Raises ValueError for what cannot be
    read.
    """
    reader = READERS.get(arrays.suffix(path))
    if reader is None:
        raise ValueError(f"{path} is none of {', '.join(READERS)}; save the sinogram as .npy, a view a row")
    found = _through(reader, path, row)
    _check_real(path, found.values, 2, "views × detectors")
    return found._replace(values=found.values.astype(np.float64))


def field(path: Path, row: int | None = None) -> np.ndarray:
    """A flat or a dark field (D,) from an array's file; see `arrays.of_field`.

    Raises ValueError for other files, and for what cannot be read.
    """
    if READERS.get(arrays.suffix(path)) is not _plain:
        raise ValueError(f"{path}: a flat or dark field must be .npy, .npz, TIFF or NIfTI")
    values = arrays.of_field(_through(arrays.read, path), row, path)
    _check_real(path, values, 1, "a value for each detector")
    return values.astype(np.float64)


def _through(reader: Callable[..., Any], path: Path, *rest: Any) -> Any:
    """What a reader returns of a file; what it cannot read is a ValueError that names the file."""
    try:
        return reader(path, *rest)
    except ImportError:
        raise
    except Exception as error:
        named = isinstance(error, (ValueError, OSError)) and str(path) in str(error)
        raise (error if named else unreadable(path, error)) from None


def _check_real(path: Path, values: np.ndarray, n_axes: int, expected: str) -> None:
    if values.ndim != n_axes or values.dtype.kind not in "biuf":
        raise ValueError(f"{path} holds {values.dtype} of shape {values.shape}; expected real numbers, {expected}")


def _plain(path: Path, row: int | None) -> Measurement:
    return Measurement(values=arrays.in_row(arrays.read(path), row, path))


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
        values = arrays.in_row(group["data"], row, path)
        fields = {
            name: arrays.of_field(group[key], row, path)
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


READERS: dict[str, Callable[[Path, int | None], Measurement]] = {
    ".npy": _plain,
    ".npz": _plain,
    ".tif": _plain,
    ".tiff": _plain,
    **dict.fromkeys(arrays.NIFTI, _plain),
    ".h5": _exchange,
    ".hdf5": _exchange,
    ".mat": _htc,
}
