"""The mixture that regularisers see."""

import jax
import jax.numpy as jnp

from deepmix.reference.mixtures.records import Mixture

from ..execution.precision import HIGHEST
from ..mixtures import gaussian


def mixture_of(
    proportions: jax.Array,
    image: jax.Array,
    previous: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    covariance_type: str,
) -> Mixture:
    """μ and Σ as functions of Π (K, *spatial), by [G2] with r = Π, and π = mean Π [R]."""
    pixels, columns, w = (maps.reshape(-1, weights.size) for maps in (image, proportions, weights))
    found = gaussian.moments(pixels, columns, w[0], floor, previous, covariance_type)
    mean = jnp.matmul(columns, w[0], precision=HIGHEST) / w.sum()
    return Mixture(proportions=mean, means=found.means, covariances=found.covariances)
