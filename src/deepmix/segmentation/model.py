"""The network of a job: its first parameters, and the regularisers of its loss."""

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from .preparation import Job, given_means


def first_parameters(job: Job, unet: UNetConfig | None = None) -> Tree:
    """θ_0, drawn with the seed of the settings. unet: size of the network, if not of images."""
    settings = job.settings
    return unet_parameters(len(job.volume), settings.n_components, unet or settings.unet(), seed=settings.seed)


def regularizers(job: Job, twin: ModuleType, beta: float = 0.0) -> tuple:
    """The regularisers of the settings, from the backend, with their λ. beta: of the guiding field, 0 without one.

    If every Π is 0 or 1, the coupling of [SV4], −β Σ_{x~y} Σ_k Π_k(x) Π_k(y), is β/2 times the total variation, up
    to a constant. The field may have diagonal neighbours, the total variation has none: then a straight border
    would need λ = 3/2 β and a diagonal one λ = β; λ = β is taken.
    """
    settings, known, chosen = job.settings, twin.deep_mixtures.regularizers, []
    model = settings.model
    weight: Any = model.total_variation
    if weight == "auto":
        weight = beta if settings.field.diagonals else beta / 2
    if weight and settings.dimension == 3:
        chosen.append((partial(known.total_variation, spacing=job.spacing), weight))
    elif weight:
        chosen.append((known.total_variation, weight))
    if model.mean_prior:
        chosen.append((partial(known.mean_prior, means=given_means(job)), model.mean_prior))
    if model.entropy:
        chosen.append((known.entropy, model.entropy))
    if model.markov:
        chosen.append((known.hidden_markov, model.markov))
    if model.volumes is not None and model.volumes_weight:
        chosen.append((partial(known.volumes, volumes=np.array(model.volumes)), model.volumes_weight))
    return tuple(chosen)
