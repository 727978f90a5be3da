"""What a segmentation can be told, each setting with its default."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepmix.reference.checks import check_choice
from deepmix.reference.deep_mixtures.checks import check_model
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.checks import check_fuzzifier
from deepmix.reference.networks.records import UNetConfig

NETWORKS = ("deepg", "deepsvg")
MIXTURES = ("gmm", "svgmm", *NETWORKS)
METHODS = (*MIXTURES, "hmrf", "fcm")
BACKENDS = ("accelerated", "reference")


@dataclass(frozen=True)
class Settings:
    """Settings of `deepmix.segment`; the defaults are the preset "paper": those of `reference/README.md`.

    n_components: K, the number of classes.
    method: gmm, svgmm, deepg, deepsvg, hmrf (hidden Markov field) or fcm (fuzzy C-means).
    backend: accelerated or reference.
    seed: of the k-means start and of the network's first parameters.
    dtype: float32 or float64; None: float32 accelerated, float64 reference (which knows no other).
    device: of the accelerated backend, such as "cpu", "gpu" or "gpu:1"; None: JAX's first.
    standardize: channels to mean 0, deviation 1 over the "mask" or the "image", or "none".
    slices: (first, end) of the last axis of a volume, either None; None: all.

    covariance_type: diag, spherical, tied or full.
    initialization: "kmeans" (k-means++), "multiscale" (the same on the image as it is, and smoothed over 1, 2 and
    3 pixels: four starts for one), "random" (random responsibilities or memberships).
    restarts: seeds of the starts, from `seed` on. The fit with the least NLL, or J, is kept; a field starts from
    the GMM of these and, with "multiscale", from every start: the least F is kept.
    means_init: μ_data (K, M) in the unit of the image: the start of gmm and svgmm, the order of all classes.
    svgmm_start: "fitted" (a fitted GMM) or "initial" (an unfitted one).
    tol: on the change of the NLL, of F (hmrf), or of a membership (fcm). max_iter: most M-steps of gmm, svgmm
    and hmrf, or rounds of fcm. fuzzifier: m of fcm. beta: β of hmrf, or "auto": the one with the least
    pseudo-NLL [SV5] from 1 on. diagonals: whether its neighbours include those across corners.

    depth, filters, negative_slope: size of the U-Net. margin: pixels round the mask's bounding box.
    learning_rate, weight_decay, max_norm, min_steps, max_steps: see `Optimization`.
    objective, contamination, m_step_gradient, m_step_weights, label_rule: see `DeepModel`; the free energy starts
    from the guide.
    m_step_every, m_step_damping: see `Optimization`.
    total_variation, mean_prior: λ of [R2] and of [R1], which needs means_init; the first may be "auto": half the β
    of the field that guides, with diagonals all of it.
    guide: "gmm" or "hmrf" (with its `beta`), whose posteriors a deep method starts from where it needs them.
    warm_start: steps on these posteriors before the loop [DG6].
    """

    n_components: int
    method: str = "deepsvg"
    backend: str = "accelerated"
    seed: int = 0
    dtype: str | None = None
    device: str | None = None
    standardize: str = "mask"
    slices: tuple[int | None, int | None] | None = None
    covariance_type: str = "diag"
    initialization: str = "kmeans"
    means_init: np.ndarray | None = None
    svgmm_start: str = "fitted"
    tol: float = Optimization().tol
    max_iter: int = 100
    restarts: int = 1
    fuzzifier: float = 2.0
    beta: float | str = 1.0
    diagonals: bool = False
    depth: int = UNetConfig().depth
    filters: int = UNetConfig().filters
    negative_slope: float = UNetConfig().negative_slope
    margin: int = 8
    learning_rate: float = Optimization().learning_rate
    weight_decay: float = Optimization().weight_decay
    max_norm: float = Optimization().max_norm
    min_steps: int = Optimization().min_steps
    max_steps: int = Optimization().max_steps
    objective: str = DeepModel().objective
    contamination: float = DeepModel().contamination
    m_step_every: int = Optimization().m_step_every
    m_step_damping: float = Optimization().m_step_damping
    m_step_gradient: str = DeepModel().m_step_gradient
    m_step_weights: str = DeepModel().m_step_weights
    label_rule: str = DeepModel().label_rule
    total_variation: float | str = 0.0
    mean_prior: float = 0.0
    guide: str = "gmm"
    warm_start: int = 0

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_choice("backend", self.backend, BACKENDS)
        check_choice("standardize", self.standardize, ("mask", "image", "none"))
        check_choice("initialization", self.initialization, ("kmeans", "multiscale", "random"))
        check_choice("guide", self.guide, ("gmm", "hmrf"))
        check_choice("objective", self.objective, ("nll", "free_energy"))
        check_choice("svgmm_start", self.svgmm_start, ("fitted", "initial"))
        if self.dtype is not None:
            check_choice("dtype", self.dtype, ("float32", "float64"))
        if self.backend == "reference" and (self.dtype == "float32" or self.device not in (None, "cpu")):
            raise ValueError("the reference backend runs on the CPU in float64; leave dtype and device out")
        if self.restarts > 1 and self.means_init is not None:
            raise ValueError("means_init is one start; leave restarts out")
        if self.mean_prior and self.means_init is None:
            raise ValueError("mean_prior needs means_init: the means that it draws the classes to")
        check_model(self.model())
        if self.deep and self.total_variation == "auto" and self.guide != "hmrf":
            raise ValueError(
                'total_variation "auto" follows the field that guides; add guide "hmrf", or give a number'
            )
        for name in ("beta", "total_variation"):
            value = getattr(self, name)
            if value != "auto" and not (isinstance(value, (int, float)) and 0 <= value < np.inf):
                raise ValueError(f"{name} must be a number that is not negative, or auto; got {value!r}")
        if self.method == "fcm":
            check_fuzzifier(self.fuzzifier, self.max_iter)
        if not 0 <= self.contamination < 1:
            raise ValueError(f"contamination must be at least 0 and less than 1, got {self.contamination}")
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 1 <= self.n_components <= 255:
            raise ValueError(f"n_components must be from 1 to 255, got {self.n_components}")

    @property
    def measure(self) -> str:
        """What the history of a fit holds: NLLs, free energies F, or J of fuzzy C-means per pixel."""
        if self.method == "hmrf" or (self.deep and self.objective == "free_energy"):
            return "F"
        return "J" if self.method == "fcm" else "NLL"

    @property
    def guide_measure(self) -> str:
        """What the history of a guide holds."""
        return "F" if self.guide == "hmrf" else "NLL"

    @property
    def seeds(self) -> range:
        """The seeds of the starts."""
        return range(self.seed, self.seed + self.restarts)

    @property
    def deep(self) -> bool:
        """Whether the method has a network."""
        return self.method in NETWORKS

    @property
    def floating(self) -> str:
        """The dtype of the computation."""
        return self.dtype or ("float64" if self.backend == "reference" else "float32")

    def model(self, regularizers: tuple[Any, ...] = ()) -> DeepModel:
        """What Algorithm 3 minimises, with the regularisers of the backend that runs it."""
        return DeepModel(
            unet=UNetConfig(self.depth, self.filters, self.negative_slope),
            method=self.method if self.deep else DeepModel().method,
            covariance_type=self.covariance_type,
            m_step_gradient=self.m_step_gradient,
            m_step_weights=self.m_step_weights,
            label_rule=self.label_rule,
            regularizers=regularizers,
            objective=self.objective if self.deep else DeepModel().objective,
            contamination=self.contamination if self.deep and self.objective == "free_energy" else 0.0,
        )

    def optimization(self) -> Optimization:
        """The loop of Algorithm 3."""
        return Optimization(
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            max_norm=self.max_norm,
            tol=self.tol,
            min_steps=self.min_steps,
            max_steps=self.max_steps,
            m_step_every=self.m_step_every,
            m_step_damping=self.m_step_damping,
        )


_LEAST: dict[str, float] = {
    "tol": 0,
    "max_iter": 0,
    "restarts": 1,
    "depth": 0,
    "filters": 1,
    "margin": 0,
    "learning_rate": 0,
    "weight_decay": 0,
    "max_norm": 0,
    "min_steps": 0,
    "max_steps": 1,
    "m_step_every": 0,
    "m_step_damping": 0,
    "mean_prior": 0,
    "warm_start": 0,
}
