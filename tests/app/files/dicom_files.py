"""DICOM files for the tests, written by pydicom."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

SPACING, ORIGIN = (0.9, 1.5, 4.25), np.array([12.5, -40.25, 7.75])  # of x, y and the slices
VOLUME = np.random.default_rng(0).integers(-900, 900, (5, 4, 6)).astype(np.int16)


def axes() -> np.ndarray:
    """Unit vectors of x, y and the normal, along no axis of the patient: a column each."""
    q, r = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.linalg.det(q)


def position(z: float) -> list[float]:
    """Of the slice z."""
    return [round(float(each), 6) for each in ORIGIN + z * SPACING[2] * axes()[:, 2]]


ORIENTATION = [round(float(each), 9) for each in axes()[:, :2].T.ravel()]


def header(pixels: np.ndarray, kind: str = uid.MRImageStorage, **tags: Any) -> Dataset:
    """An image (x, y), (x, y, 3) or frames (x, y, z). tags: other ones; None for one to leave out."""
    colours = pixels.ndim == 3 and pixels.dtype == np.uint8
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    instance = tags.pop("SOPInstanceUID", None) or uid.generate_uid()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = kind
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = instance
    made.StudyInstanceUID, made.SeriesInstanceUID, made.Modality = "1.2.3.0", "1.2.3", "MR"
    made.Columns, made.Rows = pixels.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation = (3, "RGB") if colours else (1, "MONOCHROME2")
    bits = 8 * pixels.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    if colours:
        made.PlanarConfiguration = 0
    made.PixelData = pixels.swapaxes(0, 1).tobytes() if colours else pixels.T.tobytes()
    for name, value in tags.items():
        if value is not None:
            setattr(made, name, value)
        elif name in made:
            delattr(made, name)
    return made


def slice_of(volume: np.ndarray, z: int, **tags: Any) -> Dataset:
    """The slice z of a volume as an image of its own."""
    place = {"ImagePositionPatient": position(z), "ImageOrientationPatient": ORIENTATION, "InstanceNumber": z + 1}
    return header(volume[:, :, z], **(place | {"PixelSpacing": [SPACING[1], SPACING[0]]} | tags))


def enhanced(volume: np.ndarray, order: list[int], shared: bool = True, **tags: Any) -> Dataset:
    """A volume as one file, its frames in that order. shared: what they have in common stands once."""
    made = header(volume[..., order], uid.EnhancedMRImageStorage, NumberOfFrames=len(order), **tags)
    common, frames = Dataset(), [Dataset() for _ in order]
    for group in [common] if shared else frames:
        group.PlaneOrientationSequence = [_with(ImageOrientationPatient=ORIENTATION)]
        group.PixelMeasuresSequence = [_with(PixelSpacing=[SPACING[1], SPACING[0]], SliceThickness=3)]
    for frame, z in zip(frames, order, strict=True):
        frame.PlanePositionSequence = [_with(ImagePositionPatient=position(z))]
    made.SharedFunctionalGroupsSequence, made.PerFrameFunctionalGroupsSequence = [common], frames
    return made


def _with(**tags: Any) -> Dataset:
    made = Dataset()
    for name, value in tags.items():
        setattr(made, name, value)
    return made


def save(path: Path, made: Dataset) -> Path:
    """Write a file."""
    made.save_as(path, enforce_file_format=True)
    return path


def series(folder: Path, volume: np.ndarray = VOLUME, **tags: Any) -> Path:
    """Write a volume as a series, its files named against the order of the slices."""
    folder.mkdir(exist_ok=True)
    for z in range(volume.shape[2]):
        save(folder / f"{90 - z}.dcm", slice_of(volume, z, **tags))
    return folder
