"""The settings of training; the defaults are the published settings."""

from dataclasses import dataclass
from typing import Any

from deepmix.reference.deep_mixtures.checks import check_model
from deepmix.reference.deep_mixtures.records import DeepModel, Training, TrainingModel
from deepmix.reference.networks.records import UNetConfig
from deepmix.segmentation.groups import NetworkSettings
from deepmix.segmentation.methods import METHODS, NETWORKS
from deepmix.settings import RUN, check, picked, setting

from .groups import DataSettings, EpochSettings, LossSettings, PriorSettings


@dataclass(frozen=True)
class TrainSettings:
    """Settings of `deepmix train`, by the flat names of their fields; see `deepmix.settings`.

    n_components: K. seed: of the parameters, the order of the images, the augmentation and all draws.
    product_dtype: of the network's convolutions; None: that of all else.
    """

    n_components: int = setting(help="Number of classes.", least=1, most=255, names=("--classes", "-k"))
    method: str = setting("deepsvg", help="deepg or deepsvg.", choices=NETWORKS)
    seed: int = setting(0, help="Seed of the network, the order of images and the augmentation.", least=0)
    data: DataSettings = DataSettings()
    prior: PriorSettings = PriorSettings()
    loss: LossSettings = LossSettings()
    epochs: EpochSettings = EpochSettings()
    network: NetworkSettings = NetworkSettings()
    dtype: str = setting("float32", help="float32 or float64.", panel=RUN, choices=("float32", "float64"))
    product_dtype: str | None = setting(
        None, help="bfloat16: dtype of the products in convolutions.", panel=RUN, choices=("bfloat16",)
    )

    def __post_init__(self) -> None:
        check(self)
        check_model(self.model().deep)
        prior, crop = self.prior, self.data.crop
        if self.seed >= 2**32:
            raise ValueError(f"seed must be below 2^32, got {self.seed}")
        if prior.labelled_fraction < 1 and not prior.supervision:
            raise ValueError("labelled_fraction goes with supervision: without it no label is used")
        if prior.mean_prior_of_batch and prior.means_init is None:
            raise ValueError("mean_prior_of_batch needs means_init: the means that it draws the classes to")
        if crop is not None and crop % self.multiple:
            raise ValueError(f"crop must be a multiple of 2^depth = {self.multiple}, got {crop}")

    @property
    def multiple(self) -> int:
        """2^L: height and width of the network's input must be multiples of it."""
        return 2**self.network.depth

    @property
    def named(self) -> bool:
        """Whether class k is tissue k, by means or known truth; else classes need matching."""
        return self.prior.means_init is not None or self.prior.supervision > 0

    def model(self, regularizers: tuple[Any, ...] = (), of_batch: tuple[Any, ...] = ()) -> TrainingModel:
        """What Algorithm 4 minimises, with the regularisers of the backend that runs it."""
        deep = DeepModel(
            unet=picked(UNetConfig, self, spacing=UNetConfig().spacing, size=None),
            objective=METHODS[self.method].loss or DeepModel().objective,
            covariance_type=self.loss.covariance_type,
            label_rule=self.loss.label_rule,
            regularizers=regularizers,
        )
        return TrainingModel(deep=deep, of_batch=of_batch, supervision=self.prior.supervision)

    def training(self) -> Training:
        """The loop of Algorithm 4."""
        return picked(Training, self)
