"""Images with known truth: phantoms of three noise levels, slices of a brain with noise added, lesions, others."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepmix.datasets import corruptions, phantoms
from deepmix.files import images

NOISE = {"low": 0.5, "middle": 0.75, "high": 1.0}  # of the phantom; 1 is that of a real case
ADDED = (0, 15, 25)  # standard deviation of the noise added to the brain, whose tissues lie about 60 apart
SEQUENCES = ("T1", "T1Gd", "T2", "FLAIR")
FIRST = 100  # of the phantoms; those below are for tuning
ODD = range(1, 20, 4)  # slices of the brain
DISTORTIONS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "as it is": lambda image, seed: image,
    "2 % spikes": lambda image, seed: corruptions.with_spikes(image, 0.02, seed),
    "magnitude, σ 15": lambda image, seed: corruptions.magnitude(image, 15, seed),
    "magnitude, σ 25": lambda image, seed: corruptions.magnitude(image, 25, seed),
    "magnitude, σ 40": lambda image, seed: corruptions.magnitude(image, 40, seed),
    "speckle, 3 looks": lambda image, seed: corruptions.speckled(image, 3, seed),
}
TUNED = ("cord_1", "tumour_1", "tumour_4", "photo_108004", "lesions_19", "nuclei")  # of the slices of other kinds


class Case(NamedTuple):
    """One image.

    row: of the table. image: (M, *spatial). mask: (*spatial). truth: (*spatial), classes 1 … C, 0 is none.
    n_components: K; if there are fewer true classes, each is compared with the class that covers it best.
    smaller: whether only the smaller of two true classes counts, against the best union of classes.
    spacing: of a volume, along its axes.
    """

    row: str
    name: str
    image: np.ndarray
    mask: np.ndarray
    truth: np.ndarray
    n_components: int
    channels: tuple[str, ...]
    smaller: bool = False
    spacing: tuple[float, ...] | None = None


def cases(data: str | None, full: bool, quick: bool) -> Iterator[Case]:
    """All images, row by row. data: the folder of the real images, None for phantoms alone.

    full: ten phantoms of each noise instead of three, and every odd slice of the real images instead of every
    second odd one. quick: one small phantom.
    """
    if quick:
        yield _phantom("middle", FIRST, 64)
        return
    for noise in NOISE:
        for seed in range(FIRST, FIRST + (10 if full else 3)):
            yield _phantom(noise, seed)
    if data is not None:
        step = 2 if full else 4
        for added in ADDED:
            yield from _brain(Path(data, "brain"), added, range(1, 20, step))
        yield from _lesions(Path(data, "lesions"), range(1, 9, step))
        yield from _others(Path(data, "slices"))


def _phantom(noise: str, seed: int, size: int = 160) -> Case:
    drawn = phantoms.left_ventricle(size, NOISE[noise], seed)
    return Case(
        row=f"phantom, {noise} noise",
        name=f"phantom {noise} {seed}",
        image=drawn.image,
        mask=drawn.mask,
        truth=drawn.labels,
        n_components=len(phantoms.TISSUES),
        channels=phantoms.CHANNELS,
    )


def distorted(data: str | None, quick: bool) -> Iterator[Case]:
    """Slices of the brain as a scanner or a detector might have made them; without data or if quick, a phantom."""
    cases_ = [_phantom("low", FIRST, 64)] if quick or data is None else _brain(Path(data, "brain"), 0, ODD)
    for case in cases_:
        for row, distort in DISTORTIONS.items():
            z = zlib.crc32(case.name.encode())  # another seed for every slice
            yield case._replace(row=row, name=f"{case.name}, {row}", image=distort(case.image[:1], z))


def _brain(folder: Path, added: int, slices: range) -> Iterator[Case]:
    volume, truth, mask = _read(folder, ("T1",))
    for z in slices:
        noise = added * np.random.default_rng(z).standard_normal(mask.shape[:2])
        row = f"brain, noise {added}" if added else "brain"
        yield Case(
            row=row,
            name=f"{row}, slice {z}",
            image=volume[..., z] + noise,
            mask=mask[..., z],
            truth=truth[..., z],
            n_components=3,
            channels=("T1",),
        )


def volumes(data: str | None, quick: bool) -> Iterator[Case]:
    """Whole volumes: phantoms of three noise levels, thick slices; a brain with noise. quick: a small phantom."""
    for noise in ("middle",) if quick else NOISE:
        yield _ventricle(noise, FIRST, *((48, 4) if quick else (96, 16)))
    if data is not None and not quick:
        volume, truth, mask = _read(Path(data, "brain"), ("T1",))
        noise = ADDED[-1] * np.random.default_rng(0).standard_normal(mask.shape)
        yield Case(
            row=f"brain, noise {ADDED[-1]}",
            name=f"brain, noise {ADDED[-1]}, volume",
            image=volume + noise,
            mask=mask,
            truth=truth,
            n_components=3,
            channels=("T1",),
            spacing=(1.0, 1.0, 1.0),
        )


def _ventricle(noise: str, seed: int, size: int, n_slices: int) -> Case:
    drawn = phantoms.ventricle_slices(size, n_slices, NOISE[noise], seed)
    image, truth, mask = (np.stack(of_slices, axis=-1) for of_slices in zip(*drawn, strict=True))
    return Case(
        row=f"phantom, {noise} noise",
        name=f"phantom {noise} {seed}, volume",
        image=image,
        mask=mask,
        truth=truth,
        n_components=len(phantoms.TISSUES),
        channels=phantoms.CHANNELS,
        spacing=(1.0, 1.0, phantoms.HEIGHT * size / n_slices),
    )


def _lesions(folder: Path, slices: range) -> Iterator[Case]:
    volume, truth, mask = _read(folder, SEQUENCES)
    for z in slices:
        yield Case(
            row="lesions",
            name=f"lesions, slice {z}",
            image=volume[..., z],
            mask=mask[..., z],
            truth=truth[..., z],
            n_components=4,
            channels=SEQUENCES,
        )


def _others(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as found:
            image, labels, mask, classes = (found[name] for name in ("image", "labels", "mask", "classes"))
        yield Case(
            row="others, tuned" if path.stem.startswith(TUNED) else "others",
            name=path.stem,
            image=image.astype(float),
            mask=mask,
            truth=labels * mask,
            n_components=int(classes),
            channels=tuple(f"channel {number}" for number in range(1, len(image) + 1)),
            smaller=True,
        )


def _read(folder: Path, channels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The channels (M, H, W, D), the truth and the mask (H, W, D)."""
    image = images.read_image([folder / f"{channel}.nii.gz" for channel in channels])
    mask = images.read_labels(folder / "mask.nii.gz", image) > 0
    return image.channels.astype(float), images.read_labels(folder / "labels.nii.gz", image) * mask, mask
