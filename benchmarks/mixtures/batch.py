"""Many images at once, against one after the other: whole fits, as users call them, with their masks."""

from typing import Any, NamedTuple

import numpy as np

from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.records import Fit, Mixture
from deepmix.reference.networks.records import UNetConfig

from ..harness.problems import CHANNELS, CLASSES, blobs, network, per_pixel, phantom
from ..harness.setting import Setting
from ..harness.timing import Row, compare
from ..harness.work import Work, deep_step, em_iteration
from ..peers import torch_or_none


def run(setting: Setting) -> list[Row]:
    """`fit_batch` of gmm, svgmm and deep against a loop over `fit`.

    Each once with a fixed number of steps, where the results must match, and once to convergence, where images end
    at different steps. Then only the NLL must match, because tol is about the NLL.
    """
    rows = []
    for method in ("gmm", "svgmm"):
        rows += _em(setting, method, "20 iterations", _mixture, tol=-np.inf, max_iter=20)
        rows += _em(setting, method, "to tol = 0.001", _nll, tol=1e-3, max_iter=100)
    rows += _deep(
        setting, "10 steps", _maps, Optimization(min_steps=10, max_steps=10), torch_or_none() is not None
    )
    rows += _deep(setting, "to tol = 0.04", _nll, Optimization(tol=0.04, min_steps=2, max_steps=12))
    return rows


class Steps(NamedTuple):
    """The result for an image of a peer without a stopping rule; fields as in `DeepFit`."""

    history: np.ndarray
    proportions: np.ndarray


def _em(setting: Setting, method: str, until: str, compared: Any, **options: Any) -> list[Row]:
    """1000 images of 5000 pixels, of which between half and all count; quick: 8 images of 500 pixels."""
    backend, (b, n) = getattr(setting.module().mixtures, method), ((8, 500) if setting.quick else (1000, 5000))
    problems = [blobs(n, setting.dtype, seed=seed) for seed in range(b)]
    pixels = np.stack([problem.pixels for problem in problems])
    starts = [per_pixel(problem) if method == "svgmm" else problem.start for problem in problems]
    together = Mixture._make(map(np.stack, zip(*starts, strict=True)))
    weights = (np.random.default_rng(0).random((b, n)) < np.linspace(0.5, 1, b)[:, None]).astype(setting.dtype)

    def at_once() -> list[Fit]:
        return backend.fit_batch(pixels, together, weights, covariance_type="diag", **options)

    def one_by_one() -> list[Fit]:
        return [backend.fit(*each, **options) for each in zip(pixels, starts, weights, strict=True)]

    def work(fits: list[Fit]) -> Work:
        """Pixels that do not count could be left out."""
        iterations = sum((len(fit.history) - 1) * int(w.sum()) for fit, w in zip(fits, weights, strict=True))
        return em_iteration(iterations, CHANNELS, CLASSES, setting.dtype, per_pixel=method == "svgmm")

    calls = {setting.name: at_once, "one by one": one_by_one}
    return compare(f"{method}, {b} × {n} pixels, {until}", calls, setting, compared=compared, work=work)


def _deep(
    setting: Setting, until: str, compared: Any, optimization: Optimization, with_torch: bool = False
) -> list[Row]:
    """The paper's network for each of 4 images 160×160×3, 32 on a GPU; quick: a small one for each of 2.

    with_torch: also by PyTorch, one image after the other, always with the largest number of steps.
    """
    backend = setting.module().deep_mixtures.one_image
    config, size = (UNetConfig(depth=2, filters=4), 64) if setting.quick else (UNetConfig(), 160)
    b = 2 if setting.quick else 4 if setting.platform == "cpu" else 32
    images = np.stack([phantom(size, setting.dtype, seed) for seed in range(b)])
    networks = [network(config, seed) for seed in range(b)]
    options: dict[str, Any] = {"model": DeepModel(unet=config), "optimization": optimization}
    step = deep_step(networks[0], size**2, setting.dtype)
    calls = {
        setting.name: lambda: backend.fit_batch(images, networks, None, **options),
        "one by one": lambda: [backend.fit(*each, **options) for each in zip(images, networks, strict=True)],
    }
    if with_torch:
        from ..peers import torch_deep

        loops = [
            torch_deep.steps(*each, config, device=setting.torch_device)
            for each in zip(images, networks, strict=True)
        ]
        calls["PyTorch eager"] = lambda: [Steps(*loop(optimization.max_steps)) for loop in loops]
    lengths: list[int] = []

    def work(fits: list[Any]) -> Work:
        lengths.extend(len(fit.history) for fit in fits)
        return step.times(sum(lengths))

    rows = compare(f"deepSVG, {b} × {size}×{size}×3, {until}", calls, setting, compared=compared, work=work)
    return [row._replace(note=f"{min(lengths)} to {max(lengths)} steps") for row in rows]


def _mixture(fits: list[Fit]) -> list[Any]:
    return [fit.mixture for fit in fits]


def _maps(fits: list[Any]) -> list[Any]:
    return [(fit.history, fit.proportions) for fit in fits]


def _nll(fits: list[Any]) -> np.ndarray:
    return np.array([fit.value for fit in fits])
