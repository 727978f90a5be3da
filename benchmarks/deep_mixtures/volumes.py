"""A step of deepSVG on a volume, one network for all slices [NN3]: as `deep`, over three axes."""

from functools import partial

import numpy as np

from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig

from ..harness.loops import Loop
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import deep_step
from ..jobs.images import N_CLASSES, balls
from ..peers import torch_or_none
from .deep import fit

EQUAL = (1.0, 1.0, 1.0)  # spacings
OF_VOLUMES = UNetConfig(depth=3, filters=8, spacing=EQUAL)  # the command's default
SMALL = UNetConfig(depth=1, filters=2, spacing=EQUAL)
_TURNS = 2


def run(setting: Setting) -> list[Row]:
    """Balls of 64³ voxels, two channels, K = 3; quick: 8³, a small network, beside the reference as well."""
    config, side = (SMALL, 8) if setting.quick else (OF_VOLUMES, 64)
    image, parameters = standard_balls((2, side, side, side), setting.dtype), unet_parameters(2, N_CLASSES, config)
    backends = setting.backends() if setting.quick else {setting.name: setting.module()}
    contestants: dict[str, Loop] = {
        who: partial(fit, backend, image, parameters, config) for who, backend in backends.items()
    }
    task, work = f"deepSVG step, {side}³×2", deep_step(parameters, side**3, setting.dtype)
    notes = {}
    if torch_or_none() is None:
        notes["PyTorch eager"] = "not installed: pip install 'deepmix[bench]'"
    else:
        from ..peers import torch_deep

        contestants["PyTorch eager"] = torch_deep.steps(image, parameters, config, device=setting.torch_device)
    rows = compare_loops(task, contestants, work, _TURNS, setting)
    return rows + [Row(task, who, None, [], *work, note=note) for who, note in notes.items()]


def standard_balls(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """The balls of the jobs (M, H, W, D), standardised."""
    image, _ = balls(shape[1:], shape[0])
    axes = (1, 2, 3)
    image = (image - image.mean(axis=axes, keepdims=True)) / image.std(axis=axes, keepdims=True)
    return image.astype(dtype)
