"""The settings of training; the defaults are the published settings."""

from dataclasses import dataclass
from typing import Any

from deepmix.reference.deep_mixtures.checks import check_model
from deepmix.reference.deep_mixtures.records import DeepModel, Training, TrainingModel
from deepmix.reference.networks.levels import plan
from deepmix.reference.networks.records import UNetConfig
from deepmix.segmentation.groups import OF_VOLUMES, NetworkSettings
from deepmix.segmentation.methods import METHODS, NETWORKS
from deepmix.settings import RUN, check, nested, picked, setting, settings_of

from .groups import DataSettings, EpochSettings, LossSettings, PriorSettings

FOR_VOLUMES: dict[str, Any] = OF_VOLUMES | {"patch": 64}  # what differs if nothing else is said


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
        check_model(self.model(self.unet()).deep)
        prior = self.prior
        if self.seed >= 2**32:
            raise ValueError(f"seed must be below 2^32, got {self.seed}")
        if prior.labelled_fraction < 1 and not prior.supervision:
            raise ValueError("labelled_fraction goes with supervision: without it no label is used")
        if prior.mean_prior_of_batch and prior.means_init is None:
            raise ValueError("mean_prior_of_batch needs means_init: the means that it draws the classes to")
        _CHECKS[self.data.dimension](self)

    def _check_slices(self) -> None:
        crop = self.data.crop
        if self.data.patch is not None:
            raise ValueError("patch is for volumes: add dimension 3, or say crop for slices")
        if crop is not None and crop % self.multiple:
            raise ValueError(f"crop must be a multiple of 2^depth = {self.multiple}, got {crop}")

    def _check_volumes(self) -> None:
        patch = self.data.patch
        if self.data.crop is not None:
            raise ValueError("crop is for slices; of volumes, the network sees patches: say patch, or nothing")
        if patch is None or patch < 1:
            raise ValueError(f"dimension 3 needs a patch of at least 1 pixel per side, got {patch}")
        multiple = max(plan(self.unet((1.0,) * 3, (patch,) * 3)).multiples)
        if patch % multiple:
            raise ValueError(f"patch must be a multiple of {multiple} (by the poolings), got {patch}")

    @property
    def multiple(self) -> int:
        """2^L, of which height and width of a slice are multiples; 1 for volumes, whose windows fit any size."""
        return 2**self.network.depth if self.data.dimension == 2 else 1

    @property
    def named(self) -> bool:
        """Whether class k is tissue k, by means or known truth; else classes need matching."""
        return self.prior.means_init is not None or self.prior.supervision > 0

    def unet(self, spacing: tuple[float, ...] | None = None, size: tuple[int, ...] | None = None) -> UNetConfig:
        """The network for volumes of a spacing, by patches of a size; without a spacing that for slices [NN2]."""
        if spacing is None:
            return picked(UNetConfig, self, spacing=UNetConfig().spacing, size=None)
        return picked(UNetConfig, self, spacing=spacing, size=size)

    def model(
        self,
        unet: UNetConfig,
        regularizers: tuple[Any, ...] = (),
        of_batch: tuple[Any, ...] = (),
    ) -> TrainingModel:
        """What Algorithm 4 minimises, with the regularisers of the backend that runs it."""
        deep = DeepModel(
            unet=unet,
            objective=METHODS[self.method].loss or DeepModel().objective,
            covariance_type=self.loss.covariance_type,
            label_rule=self.loss.label_rule,
            regularizers=regularizers,
        )
        return TrainingModel(deep=deep, of_batch=of_batch, supervision=self.prior.supervision)

    def training(self) -> Training:
        """The loop of Algorithm 4."""
        return picked(Training, self)


_CHECKS = {2: TrainSettings._check_slices, 3: TrainSettings._check_volumes}


def chosen(**given: Any) -> TrainSettings:
    """Settings by flat names; for volumes, what is not given is as `FOR_VOLUMES` says."""
    return nested(TrainSettings, **(FOR_VOLUMES if given.get("dimension") == 3 else {}) | given)


def defaults() -> dict[str, dict[str, Any]]:
    """For every field whose default is another for volumes, both; None is left out."""
    fields = settings_of(TrainSettings)
    both = {name: {"slices": fields[name].default, "volumes": value} for name, value in FOR_VOLUMES.items()}
    return {name: {of: value for of, value in each.items() if value is not None} for name, each in both.items()}
