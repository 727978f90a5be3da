"""The fewest bytes and operations that a unit of work needs, whatever the program."""

from typing import NamedTuple

import numpy as np

from deepmix.reference.tomography.records import ScanGeometry
from deepmix.reference.trees import leaves
from deepmix.reference.types import Tree


class Work(NamedTuple):
    """bytes: to and from memory. operations: additions, multiplications, exponentials …, each as one."""

    bytes: int
    operations: int

    def times(self, n: int) -> "Work":
        """The work of n units."""
        return Work(bytes=n * self.bytes, operations=n * self.operations)


def em_iteration(
    n: int, m: int, k: int, dtype: str, covariance_type: str = "diag", per_pixel: bool = False
) -> Work:
    """One E- and M-step on n pixels of m channels with k classes.

    Bytes: the pixels are read once; responsibilities need not leave the processor. Where each pixel has its
    own proportions (SVGMM), these are read and written too.
    Operations: the features φ(x) are x with x² (diagonal) or all products x_i x_j (full). Per class, a joint
    log-density is their inner product with coefficients, and the moments are the sums of φ and of 1 with the
    responsibilities as weights: 2 operations a feature each. Bayes' rule takes 5 per class (the largest,
    subtract, exp, add, scale), and 1 per pixel for the log.
    """
    features = {"diag": 2 * m, "full": m + m * (m + 1) // 2}[covariance_type]
    numbers = m + (2 * k if per_pixel else 0)
    operations = (features - m) + k * (2 * 2 * features + 1 + 5) + 1
    return Work(bytes=n * numbers * np.dtype(dtype).itemsize, operations=n * operations)


def fuzzy_round(n: int, m: int, k: int, dtype: str) -> Work:
    """One round of fuzzy C-means on n pixels of m channels with k classes.

    Bytes: the pixels are read once; the memberships need not leave the processor.
    Operations per class: the squared distance, 3 m − 1; the membership 5, as Bayes' rule (log, scale, exp, add,
    divide); its power and weight 2; the sums of 1 and of the channels 2 (m + 1); J 2; the largest change 2.
    """
    return Work(
        bytes=n * m * np.dtype(dtype).itemsize, operations=n * k * (3 * m - 1 + 5 + 2 + 2 * (m + 1) + 2 + 2)
    )


def deep_step(parameters: Tree, n: int, dtype: str) -> Work:
    """One step of Algorithm 3 on n pixels: the network forward and backward, AdamW.

    Bytes: θ and AdamW's m and v, read and written; what lies between the layers could stay in caches.
    Operations: the convolutions three times (forward, gradient at the input, gradient at the kernel), direct,
    as products and sums; Winograd's algorithm would do with fewer. The 1×1 convolution after the upsampling
    [U3] counts on the small map, since the two commute. Each pooling halves every axis.
    """
    depth = sum(part.startswith("encoder") for part in parameters)
    forward = sum(
        2 * leaf.size * (n // 2 ** ((leaf.ndim - 2) * _poolings(part, depth)))
        for part, branch in parameters.items()
        for leaf in leaves(branch)
        if leaf.ndim > 2
    )
    size = sum(leaf.size for leaf in leaves(parameters))
    return Work(bytes=6 * size * np.dtype(dtype).itemsize, operations=3 * forward)


def _poolings(part: str, depth: int) -> int:
    """How many poolings come before a part of the network."""
    kind, _, level = part.partition("_")
    return int(level) + (kind == "up") if level else {"bottom": depth, "head": 0}[kind]


def projection(geometry: ScanGeometry, dtype: str) -> Work:
    """The line integrals of an image along the rays of a scan.

    Bytes: image and sinogram once. Operations, for every line of the image that a ray may cross: 2 for the place,
    2 for the part between two pixels, 3 to interpolate, 1 to add.
    """
    (height, width), (n, d) = geometry.image_shape, geometry.sinogram_shape
    return Work(bytes=_numbers(geometry) * np.dtype(dtype).itemsize, operations=8 * n * d * max(height, width))


def back_projection(geometry: ScanGeometry, dtype: str) -> Work:
    """A value of every view for every pixel, interpolated: 4 operations for the place, 2, 3 and 1 as above."""
    (height, width), (n, _) = geometry.image_shape, geometry.sinogram_shape
    return Work(bytes=_numbers(geometry) * np.dtype(dtype).itemsize, operations=10 * n * height * width)


def _numbers(geometry: ScanGeometry) -> int:
    return int(np.prod(geometry.image_shape) + np.prod(geometry.sinogram_shape))
