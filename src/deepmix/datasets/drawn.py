"""Phantoms as a data set in the layout of MyoPS 2020."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepmix.datasets.phantoms import HEIGHT, Phantom, left_ventricle, ventricle_slices
from deepmix.files.images import write_labels
from deepmix.files.records import Geometry, Image

from .myops import CODES, SEQUENCES, TRUTH

FIRST = 101  # the number of the first case, as in the real set
_WIDTH, _THICKNESS = 160.0, 12.0  # mm: of the image, which makes the ventricle 75 mm wide, and of a slice
_BRIGHTEST = 65535  # what 16 bits hold


def draw(
    number: int, size: int = 160, noise: float = 1.0, seed: int = 0, n_slices: int | None = None
) -> list[Phantom]:
    """The slices of a case; the same arguments give the same slices.

    number: of the case. size, noise: see `phantoms.left_ventricle`. seed: of the data set. n_slices: of one
    ventricle, see `phantoms.ventricle_slices`; None: two to four slices, each another ventricle.
    """
    seeds = np.random.SeedSequence([seed, number]).generate_state(5)
    if n_slices is not None:
        return ventricle_slices(size, n_slices, noise, int(seeds[0]))
    return [left_ventricle(size, noise, int(each)) for each in seeds[: 2 + int(seeds[4]) % 3]]


def write(folder: Path, number: int, slices: Sequence[Phantom], whole: bool = False) -> None:
    """Write a case as the four files of MyoPS 2020: 16-bit integers, as scanners give them.

    whole: whether the slices are all of one ventricle, which says how thick they are.
    """
    size = len(slices[0].mask)
    thickness = HEIGHT * _WIDTH / len(slices) if whole else _THICKNESS
    spacing = (_WIDTH / size, _WIDTH / size, thickness)
    axes = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)  # columns to the left of the patient, rows to the back
    like = Image(
        channels=np.empty(0),
        geometry=Geometry(size=(size, size, len(slices)), spacing=spacing, origin=(0.0, 0.0, 0.0), direction=axes),
        suffix=".nii.gz",
        source=folder,
    )
    codes = np.array([0, *CODES.values()])
    volumes = {TRUTH: [codes[each.labels] for each in slices]}
    for channel, kind in enumerate(SEQUENCES.values()):
        volumes[kind] = [np.rint(each.image[channel]).clip(max=_BRIGHTEST).astype(int) for each in slices]
    for kind, volume in volumes.items():
        # a phantom has rows first, a file columns; writing whole numbers is writing labels
        write_labels(folder / f"myops_training_{number}_{kind}", np.stack([each.T for each in volume], -1), like)
