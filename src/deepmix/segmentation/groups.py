"""The groups of the settings of a segmentation: of the mixtures, the field, the network, its loss and loop."""

from dataclasses import dataclass
from pathlib import Path

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
    """Of the mixtures, and of those that guide a network.

    initialization: "multiscale" is k-means++ on the image as it is, and smoothed over 1, 2 and 3 pixels: four
    starts for one; "random": random responsibilities or memberships. means_init: μ_data (K, M) in the unit of the
    image. restarts: seeds, from `seed` on; the fit with the least NLL, or J, is kept; a field starts from the GMM
    of these and, with "multiscale", from every start: the least F is kept. tol: of a network too.
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
        help="File with one row of channel means a class (text, .npy, .json): start and order of the classes.",
        panel=MIXTURE,
        typed=Path,
        parse=parsing.means,
    )
    restarts: int = setting(1, help="Seeds to start from, of which the best fit is kept.", panel=MIXTURE, least=1)
    svgmm_start: str = setting(
        "fitted", help="A fitted GMM, or an initial one.", panel=MIXTURE, choices=("fitted", "initial")
    )
    tol: float = setting(
        Optimization().tol,
        help="Stop when the NLL (hmrf: F; fcm: every membership) changes by less.",
        panel=MIXTURE,
        least=0,
    )
    max_iter: int = setting(
        100, help="Most M-steps of gmm, svgmm and hmrf, rounds of fcm.", panel=MIXTURE, least=0
    )
    fuzzifier: float = setting(2.0, help="m of fcm: 1 is K-means.", panel=MIXTURE)


@dataclass(frozen=True)
class FieldSettings:
    """Of the hidden Markov field. beta: "auto" is the β whose neighbours tell most [SV6], from 1 on.

    class_sizes: "free": the prior has an external field [SV7], from the proportions of the start on.
    """

    beta: float | str = setting(
        1.0,
        help="How strongly neighbours agree in hmrf; auto: as the image has it.",
        panel=MIXTURE,
        word="auto",
        typed=str,
        parse=parsing.number_or_word,
    )
    diagonals: bool = setting(False, help="Neighbours across corners too, in hmrf.", panel=MIXTURE)
    class_sizes: str = setting(
        "equal",
        help="Of the prior of hmrf: equal, or free (as the image has them; helps small classes if beta is small).",
        panel=MIXTURE,
        choices=CLASS_SIZES,
    )


@dataclass(frozen=True)
class NetworkSettings:
    """The size of the U-Net."""

    depth: int = setting(UNetConfig().depth, help="Poolings.", panel=NETWORK, least=0)
    filters: int = setting(UNetConfig().filters, help="Filters at the top.", panel=NETWORK, least=1)
    negative_slope: float = setting(UNetConfig().negative_slope, help="Of LeakyReLU.", panel=NETWORK)


@dataclass(frozen=True)
class OptimizationSettings:
    """The loop of Algorithm 3; see `Optimization`."""

    learning_rate: float = setting(Optimization().learning_rate, help="Of AdamW.", panel=LOOP, least=0)
    weight_decay: float = setting(Optimization().weight_decay, help="Of AdamW.", panel=LOOP, least=0)
    max_norm: float = setting(
        Optimization().max_norm, help="The gradient is clipped to this norm.", panel=LOOP, least=0
    )
    min_steps: int = setting(Optimization().min_steps, help="Least steps.", panel=LOOP, least=0)
    max_steps: int = setting(Optimization().max_steps, help="Most steps.", panel=LOOP, least=1)
    m_step_every: int = setting(
        Optimization().m_step_every,
        help="Steps from one M-step of the free energy to the next; 0: none.",
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

    objective: that of the method, or the free energy, which starts from the guide. total_variation, mean_prior:
    λ of [R2] and of [R1], which needs means_init; the first may be "auto": half the β of the field that guides,
    with diagonals all of it. entropy, markov: λ of [R3] and [R5]. volumes: the classes' shares v of [R4], in their
    final order; volumes_weight: its λ.
    """

    objective: str = setting(
        "nll",
        help="nll, or free_energy, which starts from the guide.",
        panel=LOOP,
        choices=tuple(MEASURES),
    )
    contamination: float = setting(
        DeepModel().contamination,
        help="Share of pixels whose intensity says nothing of their class (free energy).",
        panel=LOOP,
        least=0,
        below=1,
    )
    m_step_gradient: str = setting(
        DeepModel().m_step_gradient, help="through or held.", panel=LOOP, choices=("through", "held")
    )
    m_step_weights: str = setting(
        DeepModel().m_step_weights,
        help="prior, or posterior (with held only).",
        panel=LOOP,
        choices=("prior", "posterior"),
    )
    label_rule: str = setting(
        DeepModel().label_rule, help="prior or posterior.", panel=LOOP, choices=tuple(LABEL_RULES)
    )
    total_variation: float | str = setting(
        0.0,
        help="Weight of the total variation; auto: as strong as the field that guides.",
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
    """What a deep method starts from, where it needs that: the posteriors of a mixture over all slices [DG6]."""

    guide: str = setting(
        "gmm", help="Where a deep method starts: gmm, or hmrf with its --beta.", panel=LOOP, choices=GUIDES
    )
    warm_start: int = setting(0, help="Steps on the guide's posteriors before the loop.", panel=LOOP, least=0)
    follow: int = setting(
        0,
        help="Steps on a slice of a volume that goes on from the network beside it, after at most twice as many "
        "on the guide's posteriors; 0: each begins anew.",
        panel=LOOP,
        least=0,
    )
