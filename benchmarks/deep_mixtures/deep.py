"""A step of deepSVG: forward, loss, backward, clipping, AdamW; several in a row, as in a fit."""

from functools import partial
from types import ModuleType

import numpy as np

from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from ..harness.loops import Loop
from ..harness.problems import network, phantom
from ..harness.setting import Setting
from ..harness.timing import Row, compare_loops
from ..harness.work import deep_step
from ..peers import torch_or_none

_TURNS = 3


def run(setting: Setting) -> list[Row]:
    """The paper's network on the phantom, 160×160×3, K = 4; quick: a small network, without torch.compile."""
    config, size = (UNetConfig(depth=2, filters=4), 64) if setting.quick else (UNetConfig(), 160)
    image, parameters = phantom(size, setting.dtype), network(config)
    task, work = f"deepSVG step, {size}×{size}×3", deep_step(parameters, size**2, setting.dtype)
    fits: dict[str, Loop] = {
        who: partial(fit, backend, image, parameters, config) for who, backend in setting.backends().items()
    }
    peers, failures = _torch_steps(setting, image, parameters, config)
    rows = compare_loops(task, fits | peers, work, _TURNS, setting)
    return rows + [Row(task, who, None, [], *work, note=note) for who, note in failures.items()]


def fit(
    backend: ModuleType, image: np.ndarray, parameters: Tree, config: UNetConfig, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """n steps: the NLLs and the last Π."""
    exactly = Optimization(min_steps=n, max_steps=n)
    fitted = backend.deep_mixtures.one_image.fit(
        image, parameters, model=DeepModel(unet=config), optimization=exactly
    )
    return fitted.history, fitted.proportions


def _torch_steps(
    setting: Setting, image: np.ndarray, parameters: Tree, config: UNetConfig
) -> tuple[dict[str, Loop], dict[str, str]]:
    """PyTorch's contestants, and the reasons why others are left out."""
    if torch_or_none() is None:
        return {}, {"PyTorch": "not installed: pip install 'deepmix[bench]'"}
    from ..peers import torch_deep

    device = setting.torch_device
    failure = "left out by --quick" if setting.quick else torch_deep.why_not_compiled(device)
    loops, failures = {}, {}
    for layout in ("", ", channels last"):
        steps = partial(torch_deep.steps, image, parameters, config, device=device, channels_last=bool(layout))
        loops[f"PyTorch eager{layout}"] = steps()
        if failure is None:
            loops[f"PyTorch compiled{layout}"] = steps(compiled=True)
    if failure is not None:
        failures["PyTorch compiled"] = failure
    return loops, failures
