"""The groups of the settings of a segmentation: mixtures, field, network, and the network's loss and loop."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepmix import parsing
from deepmix.reference.deep_mixtures.records import LABEL_RULES, DeepModel, Optimization
from deepmix.reference.mixtures.checks import CLASS_SIZES
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.records import UNetConfig
from deepmix.settings import LOOP, MIXTURE, NETWORK, setting

from .covariances import AUTO
from .methods import GUIDES, MEASURES


@dataclass(frozen=True)
class MixtureSettings:
    """Settings of the mixtures, also of those that guide a network.

    initialization: "multiscale" is k-means++ on the image as it is, and smoothed over 1, 2 and 3 pixels: four
    starts per seed; "random": random responsibilities or memberships. means_init: μ_data (K, M) in the unit of the
    image. restarts: number of seeds, `seed`, `seed` + 1, …; the fit with the least NLL, or J, is kept. A field
    starts from the best GMM and, with "multiscale", from every start; the field with the least F is kept.
    tol: for the network too.
    """

    covariance_type: str = setting(
        "diag",
        help="diag, spherical, tied, full, or auto: full, and tied if there is one channel.",
        panel=MIXTURE,
        choices=(*COVARIANCE_TYPES, AUTO),
    )
    initialization: str = setting(
        "kmeans",
        help="kmeans (k-means++), multiscale (also on smoothed images) or random.",
        panel=MIXTURE,
        choices=("kmeans", "multiscale", "random"),
    )
    means_init: np.ndarray | None = setting(
        None,
        help="File with a row of channel means per class (text, .npy, .json): start and order of the classes.",
        panel=MIXTURE,
        typed=Path,
        parse=parsing.means,
    )
    restarts: int = setting(1, help="Number of seeds; the best fit is kept.", panel=MIXTURE, least=1)
    svgmm_start: str = setting(
        "fitted", help="Start of svgmm: a fitted or an initial GMM.", panel=MIXTURE, choices=("fitted", "initial")
    )
    tol: float = setting(
        Optimization().tol,
        help="Stop when the NLL (hmrf: F; fcm: every membership) changes by less.",
        panel=MIXTURE,
        least=0,
    )
    max_iter: int = setting(
        100, help="Largest number of M-steps (gmm, svgmm, hmrf) or rounds (fcm).", panel=MIXTURE, least=0
    )
    fuzzifier: float = setting(2.0, help="m > 1 of fcm; near 1 it is K-means.", panel=MIXTURE)


@dataclass(frozen=True)
class FieldSettings:
    """Settings of the hidden Markov field.

    beta: with "auto", β is chosen by pseudo-likelihood: the β at which neighbours tell most about a pixel [SV6],
    in a search that begins at 1.
    class_sizes: with "free", the prior has an external field [SV7], which begins at the proportions of the start.
    """

    beta: float | str = setting(
        1.0,
        help="β of hmrf: how strongly neighbours agree; auto: chosen by pseudo-likelihood.",
        panel=MIXTURE,
        word="auto",
        typed=str,
        parse=parsing.number_or_word,
    )
    diagonals: bool = setting(False, help="Pixels that share a corner are neighbours too, in hmrf.", panel=MIXTURE)
    class_sizes: str = setting(
        "equal",
        help="Prior of hmrf: equal sizes, or free (from the image; helps small classes if beta is small).",
        panel=MIXTURE,
        choices=CLASS_SIZES,
    )


# Of a network for volumes: its maps take the memory of all slices at once [NN2].
OF_VOLUMES: dict[str, Any] = {"depth": 3, "filters": 8}
PATCH = 64  # pixels per side that it sees at a time [DG7]


@dataclass(frozen=True)
class NetworkSettings:
    """The size of the U-Net."""

    depth: int = setting(UNetConfig().depth, help="Number of poolings.", panel=NETWORK, least=0)
    filters: int = setting(UNetConfig().filters, help="Filters of the first level.", panel=NETWORK, least=1)
    negative_slope: float = setting(
        UNetConfig().negative_slope, help="Negative slope of LeakyReLU.", panel=NETWORK
    )


@dataclass(frozen=True)
class OptimizationSettings:
    """The loop of Algorithm 3; see `Optimization`."""

    learning_rate: float = setting(
        Optimization().learning_rate, help="Learning rate of AdamW.", panel=LOOP, least=0
    )
    weight_decay: float = setting(Optimization().weight_decay, help="Weight decay of AdamW.", panel=LOOP, least=0)
    max_norm: float = setting(
        Optimization().max_norm, help="The gradient is clipped to this norm.", panel=LOOP, least=0
    )
    min_steps: int = setting(Optimization().min_steps, help="Smallest number of steps.", panel=LOOP, least=0)
    max_steps: int = setting(Optimization().max_steps, help="Largest number of steps.", panel=LOOP, least=1)
    m_step_every: int = setting(
        Optimization().m_step_every,
        help="Steps from one M-step of the free energy to the next, in patches whole sweeps; 0: no M-steps.",
        panel=LOOP,
        least=0,
    )
    m_step_damping: float = setting(
        Optimization().m_step_damping,
        help="How far the M-step of the free energy goes, 0 to 1.",
        panel=LOOP,
        least=0,
        most=1,
    )


@dataclass(frozen=True)
class ModelSettings:
    """What Algorithm 3 minimises; see `DeepModel`.

    objective: "nll" (that of the method) or "free_energy", which starts from the guide, and under which deepG and
    deepSVG coincide. total_variation: λ of [R2]; "auto": half the β of the guiding field, or all of it with
    diagonals. mean_prior: λ of [R1], which needs means_init. entropy, markov: λ of [R3] and of [R5].
    volumes: the shares v of the classes [R4], in their final order. volumes_weight: λ of [R4].
    """

    objective: str = setting(
        "nll",
        help="What the network minimises: nll, or free_energy, which starts from the guide.",
        panel=LOOP,
        choices=tuple(MEASURES),
    )
    contamination: float = setting(
        DeepModel().contamination,
        help="Share of pixels whose intensity says nothing about their class (free energy).",
        panel=LOOP,
        least=0,
        below=1,
    )
    m_step_gradient: str = setting(
        DeepModel().m_step_gradient,
        help="Gradient of the moments: through, or held (they are constants).",
        panel=LOOP,
        choices=("through", "held"),
    )
    m_step_weights: str = setting(
        DeepModel().m_step_weights,
        help="Weights of the M-step: prior, or posterior (with held only).",
        panel=LOOP,
        choices=("prior", "posterior"),
    )
    label_rule: str = setting(
        DeepModel().label_rule, help="Labels by prior or posterior.", panel=LOOP, choices=tuple(LABEL_RULES)
    )
    total_variation: float | str = setting(
        0.0,
        help="Weight of the total variation; auto: as strong as the guiding field.",
        panel=LOOP,
        word="auto",
        typed=str,
        parse=parsing.number_or_word,
    )
    mean_prior: float = setting(0.0, help="Weight of the distance to --means-init.", panel=LOOP, least=0)
    entropy: float = setting(
        0.0, help="Weight of the entropy of the proportions: above 0 harder, below 0 softer.", panel=LOOP
    )
    markov: float = setting(
        0.0, help="Weight of the hidden Markov coupling: neighbours share a class.", panel=LOOP, least=0
    )
    volumes: tuple[float, ...] | None = setting(
        None,
        help="Shares of the classes in their final order, such as 0.2,0.5,0.3, that the network tends to.",
        panel=LOOP,
        typed=str,
        parse=parsing.numbers,
    )
    volumes_weight: float = setting(1.0, help="Weight of --volumes.", panel=LOOP, least=0)


@dataclass(frozen=True)
class GuidanceSettings:
    """The mixture over all slices whose posteriors a deep method may start from [DG6]."""

    guide: str = setting(
        "gmm", help="Where a deep method starts: gmm, or hmrf with its --beta.", panel=LOOP, choices=GUIDES
    )
    warm_start: int = setting(0, help="Steps on the guide's posteriors before the loop.", panel=LOOP, least=0)
    follow: int = setting(
        0,
        help="Steps for a slice of a volume that starts from the network of the slice beside it, after at most "
        "twice as many on the guide's posteriors; 0: each slice starts anew.",
        panel=LOOP,
        least=0,
    )
