"""Steps of the primal–dual method with total variation [IP10], beside the same over deepinv's operators."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from deepmix.reference.tomography.records import Radon

from ..harness.setting import Setting
from ..harness.timing import Row, check, compare_loops
from ..harness.work import Work, back_projection, projection
from ..peers import torch_or_none
from .scans import scan

_SIZE, _VIEWS, _STRENGTH = 255, 60, 0.05
_QUICK_SIZE, _QUICK_VIEWS = 31, 9
_SAME, _TURNS = 0.05, 60  # images are that near after so many steps: deepinv turns the image, Joseph its rays


def run(setting: Setting) -> list[Row]:
    """Rows of one task; ours finds ‖A‖ and the objective too. deepinv if it is installed, with our ‖A‖."""
    size, n_views = (_QUICK_SIZE, _QUICK_VIEWS) if setting.quick else (_SIZE, _VIEWS)
    geometry, image = scan(size, n_views, size, setting)
    module, operator = setting.module(), Radon(geometry=geometry)
    sinogram = np.asarray(module.tomography.radon.project(image, geometry))

    def ours(turns: int) -> Any:
        solve = module.inverse.primal_dual.reconstruct
        return solve(operator, sinogram, _STRENGTH, nonnegative=True, tol=-1, max_iter=turns).image

    loops: dict[str, Callable[[int], Any]] = {setting.name: ours}
    if find_spec("deepinv") and torch_or_none() and setting.dtype == "float32":
        from ..peers.deepinv_tv import PrimalDual

        peer = PrimalDual(size, np.rad2deg(np.asarray(geometry.angles)))
        length = float(module.inverse.operators.norm(operator, np.zeros_like(image)))
        loops["deepinv"] = lambda turns: peer.reconstruct(sinogram, length, _STRENGTH, turns)
    task = f"primal–dual step, TV, {size}², {n_views} views"
    there, back = (work(geometry, setting.dtype) for work in (projection, back_projection))
    work = Work(bytes=there.bytes + back.bytes, operations=there.operations + back.operations)
    check(task, {who: loop(_TURNS) for who, loop in loops.items()}, _SAME)
    radon = module.tomography.radon

    def products(turns: int) -> Any:
        """What a step cannot do without, called from Python, and so a little longer than within the loop."""
        for _ in range(turns):
            found = radon.project_back(radon.project(image, geometry), geometry)
        return found

    loops["A and A* alone"] = products
    return [row for who, loop in loops.items() for row in compare_loops(task, {who: loop}, work, 3, setting)]
