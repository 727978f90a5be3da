"""A detector that sees farther on one side of the axis than on the other, for filtered back-projection.

In a whole turn, what lies farther out than its shorter side is seen once, and what is nearer the axis twice.
"""

import warnings

import numpy as np

from deepmix.reference.tomography.checks import NARROW, SAME, angle_gaps, widths
from deepmix.reference.tomography.records import ScanGeometry

EMPTY = 0.01  # of the largest mean of a detector: less at the end, and the object ends before the detector does
EVEN = 1.5  # medians: views of a whole turn that lie no farther apart than that have their opposites


def evened_out(data: np.ndarray, geometry: ScanGeometry) -> tuple[np.ndarray, ScanGeometry]:
    """The data (n, D) and geometry of a detector that is as long on both sides, every ray in it counted twice.

    Opposite rays weigh w(l) and w(−l), 2 together: from 0 at the end of the shorter side smoothly to 2 at the same
    distance on the other, and 2 beyond; 0 stands where there is no detector, whose opposite has the weight 2.
    So it is if the object is seen at the end of the shorter side, and the views go all round; if they do not,
    it is warned of. Else they are returned as they are.
    """
    reach, half = widths(geometry)
    short = int(reach.argmin())
    seen = data.mean(axis=0)
    if reach[short] >= NARROW * min(half, reach.max()) or seen[-short] < EMPTY * seen.max():
        return data, geometry
    if reach[short] < 2 * geometry.detector_spacing or not _all_round(geometry.angles):
        warnings.warn(
            f"the detector sees {max(reach[short], 0):.4g} mm to one side of the axis and {reach.max():.4g} mm to "
            "the other: what lies between is seen from one side only, and fbp is wrong there and around, "
            "unless views go evenly all round; take sirt, cgls or tv",
            stacklevel=5,
        )
        return data, geometry
    outwards = np.array([1, -1])[short] * geometry.detectors  # to the longer side
    weights = 1 + np.sin(np.pi / 2 * np.clip(outwards / -outwards.min(), -1, 1))
    n_more = int(np.ceil((outwards.max() + outwards.min()) / geometry.detector_spacing))
    more = (n_more, 0) if short == 0 else (0, n_more)
    places = np.arange(-more[0], len(weights) + more[1]) * geometry.detector_spacing + geometry.detectors[0]
    return np.pad(data * weights.astype(data.dtype), ((0, 0), more)), geometry._replace(detectors=places)


def _all_round(angles: np.ndarray) -> bool:
    gaps, _ = angle_gaps(np.asarray(angles, float), 2 * np.pi)
    return bool(gaps.max() <= EVEN * np.median(gaps[gaps > SAME * 2 * np.pi / len(gaps)]))
