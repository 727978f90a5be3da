"""One step of deepSVG, both backends, from the same parameters."""

import jax
import jax.numpy as jnp
import numpy as np

from deepmix import accelerated, reference
from deepmix.phantoms import TISSUES, left_ventricle
from deepmix.reference import initialization
from deepmix.reference.types import DeepModel, UNetConfig

from .timing import Row, compare


def run(quick: bool) -> list[Row]:
    """The paper's network on the phantom, 160×160×3, K = 4; quick: a small one."""
    config, size = (UNetConfig(2, 4), 64) if quick else (UNetConfig(), 160)
    image = left_ventricle(size).image.astype(np.float32)
    image = (image - image.mean(axis=(1, 2), keepdims=True)) / image.std(axis=(1, 2), keepdims=True)
    parameters = initialization.unet_parameters(len(image), len(TISSUES), config)
    weights, floor, model = np.ones(image.shape[1:], np.float32), np.full(3, 1e-6, np.float32), DeepModel(config)
    single = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), parameters)
    states = {
        "reference": reference.deep.begin(parameters, image.astype(float), weights, floor, model),
        "accelerated": accelerated.deep.begin(single, image, weights, floor, model),
    }
    calls = {
        who: lambda who=who, step=backend.deep.step: step(states[who], image, weights, floor, model)[1].proportions
        for who, backend in (("reference", reference), ("accelerated", accelerated))
    }
    return compare(f"deepSVG step, {size}×{size}×3", calls, tolerance=1e-2, repeats=3 if quick else 7)
