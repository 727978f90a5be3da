"""The settings of a segmentation; the defaults are the preset "paper": the published settings."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepmix import parsing
from deepmix.backends import BACKENDS
from deepmix.reference.deep_mixtures.checks import check_model
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.checks import check_fuzzifier
from deepmix.reference.networks.records import UNetConfig
from deepmix.settings import NETWORK, RUN, changed, check, picked, setting

from .covariances import AUTO, suited
from .distributions import DistributionSettings
from .groups import (
    FieldSettings,
    GuidanceSettings,
    MixtureSettings,
    ModelSettings,
    NetworkSettings,
    OptimizationSettings,
)
from .methods import MEASURES, METHODS

OF_NETWORKS = ("entropy", "markov", "volumes")  # regularisers of networks, which fits without one know nothing of


@dataclass(frozen=True)
class Settings:
    """Settings of `deepmix.segment`, which takes them by the flat names of their fields; see `deepmix.settings`.

    n_components: K. slices: (first, end) of the last axis of a volume, either of them None; None: all slices.
    shrink: side in pixels of the blocks whose means are segmented; results are at the image's pixels again.
    dimension: with 3 a deep method has one network for all slices [NN3]. spacing: of the volume then; None: all 1.
    patch: what this network sees at a time [DG7], fewer pixels along an axis if the volume has no more, and as
    many more as its poolings need; None: the whole volume.
    margin: pixels round the mask's bounding box, along the finest axis. device: of the accelerated backend; None:
    JAX's first.
    dtype: None: float32 for the accelerated backend, float64 for the reference, which has no other.
    """

    n_components: int = setting(help="Number of classes.", least=1, most=255)
    method: str = setting(
        "deepsvg",
        help="gmm, svgmm, deepg, deepsvg, hmrf or fcm; with preset robust, deepg and deepsvg coincide.",
        choices=tuple(METHODS),
    )
    backend: str = setting("accelerated", help="accelerated or reference.", choices=BACKENDS)
    seed: int = setting(0, help="Seed of the starts and of the network's weights.")
    slices: tuple[int | None, int | None] | None = setting(
        None, help="Slices A:B of a volume, counted from 0, without B.", typed=str, parse=parsing.slices
    )
    shrink: int = setting(
        1,
        help="Segment at a resolution this many times lower (within slices): less time, less memory.",
        least=1,
    )
    standardize: str = setting(
        "mask", help="Standardise over the mask, the image, or none.", choices=("mask", "image", "none")
    )
    clip_percentiles: float = setting(
        0.0, help="Clip this percentage of the pixels at each end of a channel.", least=0, below=50
    )
    mixture: MixtureSettings = MixtureSettings()
    densities: DistributionSettings = DistributionSettings()
    field: FieldSettings = FieldSettings()
    dimension: int = setting(
        2,
        help="2: a network for each slice of a volume; 3: one for the volume, by default of depth 3, 8 filters "
        "and longer steps.",
        panel=NETWORK,
        least=2,
        most=3,
    )
    spacing: tuple[float, ...] | None = setting(
        None,
        help="Distances of pixels along the axes of a volume, such as 1,1,3, for --dimension 3; else the file's.",
        panel=NETWORK,
        typed=str,
        parse=parsing.numbers,
    )
    patch: int | None = setting(
        None,
        help="Pixels per side of the half overlapping patches that a network for a volume sees one at a time: 64 "
        "with --dimension 3 and preset robust, else all of the volume.",
        panel=NETWORK,
        least=8,
    )
    network: NetworkSettings = NetworkSettings()
    margin: int = setting(8, help="Pixels round the mask's bounding box.", panel=NETWORK, least=0)
    optimization: OptimizationSettings = OptimizationSettings()
    model: ModelSettings = ModelSettings()
    guidance: GuidanceSettings = GuidanceSettings()
    device: str | None = setting(None, help="Device, such as cpu, gpu or gpu:1.", panel=RUN)
    dtype: str | None = setting(None, help="float32 or float64.", panel=RUN, choices=("float32", "float64"))

    def __post_init__(self) -> None:
        check(self)
        if self.backend == "reference" and (self.dtype == "float32" or self.device not in (None, "cpu")):
            raise ValueError("the reference backend runs on the CPU in float64; leave dtype and device out")
        if self.mixture.restarts > 1 and self.mixture.means_init is not None:
            raise ValueError("means_init is one start; leave restarts out")
        if self.model.mean_prior and self.mixture.means_init is None:
            raise ValueError("mean_prior needs means_init: the means that it draws the classes to")
        self._check_distribution()
        check_model(
            self.for_channels(1).deep_model() if self.mixture.covariance_type == AUTO else self.deep_model()
        )
        smooth = METHODS[self.method].deep and self.model.total_variation == "auto"
        if smooth and not METHODS[self.guidance.guide].field:
            raise ValueError(
                'total_variation "auto" follows the field that guides; add guide "hmrf", or give a number'
            )
        for name in OF_NETWORKS:
            if getattr(self.model, name) and not METHODS[self.method].deep:
                raise ValueError(f"{name} is for deepg and deepsvg; leave it out for {self.method}")
        if self.model.volumes is not None:
            self._check_volumes(self.model.volumes)
        self._check_dimension()
        if self.method == "fcm":
            check_fuzzifier(self.mixture.fuzzifier, self.mixture.max_iter)

    def _check_dimension(self) -> None:
        """Three dimensions and spacing are of networks of volumes."""
        if self.dimension == 3 and not METHODS[self.method].deep:
            raise ValueError(f"dimension 3 is for deepg and deepsvg; leave it out for {self.method}")
        if self.patch is not None and self.dimension != 3:
            raise ValueError("patch is for dimension 3; leave it out")
        if self.patch is not None and self.model.objective != "free_energy":
            raise ValueError('patch needs objective "free_energy", that of preset robust')
        if self.spacing is None:
            return
        if self.dimension != 3:
            raise ValueError("spacing is for dimension 3; leave it out")
        if len(self.spacing) != 3 or not 0 < min(self.spacing) < np.inf:
            said = ", ".join(f"{step:g}" for step in self.spacing)
            raise ValueError(f"spacing must be three positive numbers, one for each axis of a volume, got {said}")

    def _check_distribution(self) -> None:
        """The method knows distributions, and the settings for means are of Gaussian classes."""
        self.densities.check()
        if self.densities.distribution == "gaussian":
            return
        if self.shrink > 1 and self.densities.distribution == "poisson":
            raise ValueError("poisson is for counts, which means of blocks are not; leave shrink out")
        if self.shrink > 1 and self.densities.looks is not None:
            raise ValueError("means of blocks have more looks than pixels; leave looks out, or shrink")
        if not METHODS[self.method].has_densities:
            raise ValueError(f"distribution is not for {self.method}, which has no densities; leave it out")
        if self.model.mean_prior:
            raise ValueError('mean_prior is for distribution="gaussian" only; leave one of both out')

    def _check_volumes(self, volumes: tuple[float, ...]) -> None:
        """Shares of all classes; and the network must know from the beginning which class is which."""
        k = self.n_components
        if len(volumes) != k or min(volumes) < 0 or not math.isclose(sum(volumes), 1, abs_tol=1e-3):
            said = ", ".join(f"{share:g}" for share in volumes)
            raise ValueError(f"volumes are shares of the {k} classes that sum to 1, got {said}")
        model = self.model
        if not (model.objective == "free_energy" or self.guidance.warm_start or model.mean_prior):
            raise ValueError("volumes need classes that have a place: free_energy, a warm start, or a mean prior")

    def for_channels(self, n_channels: int) -> "Settings":
        """These settings with the covariance type that suits the distribution and a number of channels."""
        known = self.densities.covariance_types
        return changed(self, covariance_type=suited(self.mixture.covariance_type, n_channels, known))

    @property
    def measure(self) -> str:
        """What the history of a fit holds: see `Method`."""
        method = METHODS[self.method]
        return MEASURES[self.model.objective] if method.deep else method.measure

    @property
    def seeds(self) -> range:
        """The seeds of the starts."""
        return range(self.seed, self.seed + self.mixture.restarts)

    @property
    def floating(self) -> str:
        """The dtype of the computation."""
        return self.dtype or ("float64" if self.backend == "reference" else "float32")

    def unet(
        self, spacing: tuple[float, ...] = UNetConfig().spacing, size: tuple[int, ...] | None = None
    ) -> UNetConfig:
        """The size of the network, of images if not said."""
        return picked(UNetConfig, self, spacing=spacing, size=size)

    def deep_model(self, regularizers: tuple[Any, ...] = (), unet: UNetConfig | None = None) -> DeepModel:
        """What Algorithm 3 minimises, with the regularisers of the backend; unet: if not that of images."""
        method, model = METHODS[self.method], self.model
        energy = method.deep and model.objective == "free_energy"
        return DeepModel(
            unet=unet or self.unet(),
            objective=model.objective if energy else method.loss or DeepModel().objective,
            covariance_type=self.mixture.covariance_type,
            family=self.densities.family,
            m_step_gradient=model.m_step_gradient,
            m_step_weights=model.m_step_weights,
            label_rule=model.label_rule,
            regularizers=regularizers,
            contamination=model.contamination if energy else 0.0,
        )

    def descent(self) -> Optimization:
        """The loop of Algorithm 3."""
        return picked(Optimization, self)
