"""Projection and its adjoint [CT4]: parallel rays and fans, fine and coarse detectors, rays along the axes."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.operation import Operation

from ..case import Case
from . import _scans

OPERATIONS = (
    Operation(
        name="project",
        equations=("CT4",),
        result=("sinogram",),
        notes={"image": "(H, W)", "sinogram": "(n, D)"},
        example=_scans.taking("image", "geometry"),
    ),
    Operation(
        name="project_back",
        equations=("CT4",),
        result=("image",),
        notes={"sinogram": "(n, D)", "image": "(H, W)"},
        example=_scans.taking("sinogram", "geometry"),
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """All scans, and shapes that are another geometry's."""
    for name, (geometry, image, sinogram) in _scans.named_scans().items():
        yield Case(function="project", name=name, arguments={"image": image, "geometry": geometry})
        yield Case(function="project_back", name=name, arguments={"sinogram": sinogram, "geometry": geometry})
    geometry, image, sinogram = _scans.named_scans()["parallel"]
    for function, given in (("project", {"image": image}), ("project_back", {"sinogram": sinogram})):
        for name, wrong in {
            "transposed": {each: array.T for each, array in given.items()},
            "complex_numbers": {each: array.astype(complex) for each, array in given.items()},
        }.items():
            yield Case(function=function, name=name, arguments=wrong | {"geometry": geometry}, rejected=True)
    unit = np.zeros_like(image)
    unit[1, 2] = 1
    yield Case(function="project", name="one_pixel", arguments={"image": unit, "geometry": geometry})
