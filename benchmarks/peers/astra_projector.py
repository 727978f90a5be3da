"""ASTRA's projectors on the CPU (extra `astra`, GPL-3)."""

import astra
import numpy as np

from deepmix.reference.tomography.records import ScanGeometry


class Projector:
    """A and A* of a geometry with pixels of 1 mm: linear of parallel rays, lengths of lines of a fan."""

    def __init__(self, geometry: ScanGeometry) -> None:
        volume = astra.create_vol_geom(*geometry.image_shape)
        n_detectors, angles = len(geometry.detectors), np.asarray(geometry.angles)
        along = geometry.detector_spacing, n_detectors, angles
        if geometry.divergence:  # the detector at the axis, as the record has it
            beam = astra.create_proj_geom("fanflat", *along, 1 / geometry.divergence, 0.0)
            self.number = astra.create_projector("line_fanflat", beam, volume)
        else:
            beam = astra.create_proj_geom("parallel", *along)
            self.number = astra.create_projector("linear", beam, volume)

    def project(self, image: np.ndarray) -> np.ndarray:
        """The sinogram (n, D)."""
        number, sinogram = astra.create_sino(image, self.number)
        astra.data2d.delete(number)
        return sinogram

    def project_back(self, sinogram: np.ndarray) -> np.ndarray:
        """The image (H, W)."""
        number, image = astra.create_backprojection(sinogram, self.number)
        astra.data2d.delete(number)
        return image
