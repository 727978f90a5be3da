"""What training can be told, each setting with its default."""

from dataclasses import dataclass
from typing import Any

from deepmix.reference.checks import check_choice
from deepmix.reference.deep_mixtures.checks import check_model
from deepmix.reference.deep_mixtures.records import DeepModel, Training, TrainingModel
from deepmix.reference.networks.records import UNetConfig


@dataclass(frozen=True)
class TrainSettings:
    """Settings of `deepmix train`; the defaults are the published ones.

    n_components: K. method: deepg or deepsvg. seed: of the parameters, the order, the augmentation and all draws.
    dtype: float32 or float64. product_dtype: bfloat16, or None for the dtype.
    standardize: channels of every image to mean 0, deviation 1 over its "mask", or "none".
    crop: pixels a side of the window round each mask; None: as the data's layout says, or what holds all masks.
    test: patients whose cases never train; None: those of the layout.
    means_init: a file with μ_data (K, M) of standardised channels, "auto" for that of `prior_cases` labelled
    training cases, or None. mean_prior, mean_prior_of_batch: λ of [R1] and of its batch form, 0 without μ_data.
    total_variation: λ of [R2]. supervision: α of [TR4].
    labelled_fraction: of the training cases with truth, those whose truth [TR4], and then "auto", may use.
    batch_size, augment: of the mini-batches. The others: see `Training`, `UNetConfig` and `DeepModel`.
    """

    n_components: int
    method: str = "deepsvg"
    seed: int = 0
    dtype: str = "float32"
    product_dtype: str | None = None
    standardize: str = "mask"
    crop: int | None = None
    test: tuple[str, ...] | None = None
    means_init: str | None = None
    prior_cases: int = 10
    mean_prior: float = 1.0
    mean_prior_of_batch: float = 0.0
    total_variation: float = 0.0
    supervision: float = 0.0
    labelled_fraction: float = 1.0
    batch_size: int = 4
    augment: bool = True
    covariance_type: str = "diag"
    label_rule: str = DeepModel().label_rule
    depth: int = UNetConfig().depth
    filters: int = UNetConfig().filters
    negative_slope: float = UNetConfig().negative_slope
    learning_rate: float = Training().learning_rate
    weight_decay: float = Training().weight_decay
    max_norm: float = Training().max_norm
    tol: float = Training().tol
    min_epochs: int = Training().min_epochs
    max_epochs: int = Training().max_epochs

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("deepg", "deepsvg"))
        check_choice("dtype", self.dtype, ("float32", "float64"))
        check_choice("standardize", self.standardize, ("mask", "none"))
        if self.product_dtype is not None:
            check_choice("product_dtype", self.product_dtype, ("bfloat16",))
        check_model(self.model().deep)
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 1 <= self.n_components <= 255:
            raise ValueError(f"n_components must be from 1 to 255, got {self.n_components}")
        if self.seed >= 2**32:
            raise ValueError(f"seed must be below 2^32, got {self.seed}")
        if self.labelled_fraction > 1:
            raise ValueError(f"labelled_fraction must be from 0 to 1, got {self.labelled_fraction}")
        if self.labelled_fraction < 1 and not self.supervision:
            raise ValueError("labelled_fraction goes with supervision: without it no label is used")
        if self.mean_prior_of_batch and self.means_init is None:
            raise ValueError("mean_prior_of_batch needs means_init: the means that it draws the classes to")
        if self.crop is not None and self.crop % self.multiple:
            raise ValueError(f"crop must be a multiple of 2^depth = {self.multiple}, got {self.crop}")

    @property
    def multiple(self) -> int:
        """2^L, of which the network takes multiples."""
        return 2**self.depth

    @property
    def named(self) -> bool:
        """Whether class k is tissue k, because means or known truth say so; else classes need matching."""
        return self.means_init is not None or self.supervision > 0

    def model(self, regularizers: tuple[Any, ...] = (), of_batch: tuple[Any, ...] = ()) -> TrainingModel:
        """What Algorithm 4 minimises, with the regularisers of the backend that runs it."""
        network = UNetConfig(self.depth, self.filters, self.negative_slope)
        deep = DeepModel(
            network, self.method, self.covariance_type, label_rule=self.label_rule, regularizers=regularizers
        )
        return TrainingModel(deep, of_batch, self.supervision)

    def training(self) -> Training:
        """The loop of Algorithm 4."""
        return Training(
            self.learning_rate, self.weight_decay, self.max_norm, self.tol, self.min_epochs, self.max_epochs
        )


_LEAST: dict[str, float] = {
    "seed": 0,
    "prior_cases": 1,
    "mean_prior": 0,
    "mean_prior_of_batch": 0,
    "total_variation": 0,
    "supervision": 0,
    "labelled_fraction": 0,
    "batch_size": 1,
    "depth": 0,
    "filters": 1,
    "learning_rate": 0,
    "weight_decay": 0,
    "max_norm": 0,
    "tol": 0,
    "min_epochs": 0,
    "max_epochs": 1,
}
