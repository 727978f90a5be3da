"""The mixture that regularisers see."""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import AnyMixture

from ..execution.precision import HIGHEST
from ..mixtures.families import FAMILIES


def mixture_of(
    proportions: jax.Array,
    image: jax.Array,
    previous: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    covariance_type: str,
    family: str = "gaussian",
) -> AnyMixture:
    """The parameters as functions of Π (K, *spatial), by [G2] with r = Π, and π = mean Π [R]."""
    pixels, columns, w = (maps.reshape(-1, weights.size) for maps in (image, proportions, weights))
    found, _ = FAMILIES[family].estimate(pixels, columns, w[0], floor, previous, covariance_type)
    mean = jnp.matmul(columns, w[0], precision=HIGHEST) / w.sum()
    return found._replace(proportions=mean)
