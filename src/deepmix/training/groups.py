"""The groups of the settings of training: the data, what the classes mean, the loss and the loop."""

from dataclasses import dataclass

from deepmix import parsing
from deepmix.reference.deep_mixtures.records import LABEL_RULES, DeepModel, Training
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.settings import LOOP, MIXTURE, setting

DATA, PRIOR = "Data", "What the classes mean"  # panels of the help


@dataclass(frozen=True)
class DataSettings:
    """Settings of the data set.

    test: None: the patients that the data's layout names. dimension: 2: slices are images; 3: volumes are, of
    which the network sees patches. patch: pixels per side of a patch, fewer along an axis if no mask spans as
    many; None for slices. crop: None: as the layout says, or to hold all masks.
    """

    test: tuple[str, ...] | None = setting(
        None,
        help="Patients for testing only, separated by commas.",
        panel=DATA,
        typed=str,
        parse=parsing.names,
    )
    dimension: int = setting(
        2, help="2: each slice of a volume is an image; 3: volumes, by patches.", panel=DATA, least=2, most=3
    )
    patch: int | None = setting(None, help="Pixels per side of the patches of volumes.", panel=DATA)
    crop: int | None = setting(None, help="Pixels per side of the window round each mask, of slices.", panel=DATA)
    standardize: str = setting(
        "mask", help="Standardise each image over its mask, or none.", panel=DATA, choices=("mask", "none")
    )
    augment: bool = setting(
        True, help="Flip, turn and add noise to images; scale and deform slices, not volumes.", panel=DATA
    )


@dataclass(frozen=True)
class PriorSettings:
    """What tells each class which tissue it is.

    means_init: a file with μ_data (K, M) of standardised channels; "auto": μ_data of `prior_cases` labelled
    training cases; or None. mean_prior, mean_prior_of_batch: λ of [R1] and of its batch form, 0 without μ_data.
    supervision: α of [TR4]. labelled_fraction: share of the training cases with truth whose truth [TR4], and then
    also "auto", may use.
    """

    means_init: str | None = setting(
        None,
        help="Means that draw the classes to tissues: auto (from labelled training cases), or a file with a row "
        "of standardised channel means per class.",
        panel=PRIOR,
        names=("--mean-prior",),
    )
    mean_prior: float = setting(
        1.0, help="Weight of the distance to the means.", panel=PRIOR, least=0, names=("--lambda",)
    )
    mean_prior_of_batch: float = setting(
        0.0,
        help="Weight of the distance of a batch's average means to the means.",
        panel=PRIOR,
        least=0,
        names=("--lambda-batch",),
    )
    prior_cases: int = setting(10, help="Cases for --mean-prior auto.", panel=PRIOR, least=1)
    supervision: float = setting(
        0.0, help="Weight of cross-entropy and Dice where labels are known.", panel=PRIOR, least=0
    )
    labelled_fraction: float = setting(
        1.0, help="Share of the labelled cases whose labels are used.", panel=PRIOR, least=0, most=1
    )


@dataclass(frozen=True)
class LossSettings:
    """The other settings of the loss of Algorithm 4; see `DeepModel`. total_variation: λ of [R2]."""

    covariance_type: str = setting(
        "diag", help="diag, spherical, tied or full.", panel=MIXTURE, choices=COVARIANCE_TYPES
    )
    label_rule: str = setting(
        DeepModel().label_rule, help="Labels by prior or posterior.", panel=LOOP, choices=tuple(LABEL_RULES)
    )
    total_variation: float = setting(0.0, help="Weight of the total variation.", panel=LOOP, least=0)


@dataclass(frozen=True)
class EpochSettings:
    """The loop of Algorithm 4; see `Training`."""

    batch_size: int = setting(4, help="Images per step.", panel=LOOP, least=1)
    learning_rate: float = setting(Training().learning_rate, help="Learning rate of AdamW.", panel=LOOP, least=0)
    weight_decay: float = setting(Training().weight_decay, help="Weight decay of AdamW.", panel=LOOP, least=0)
    max_norm: float = setting(
        Training().max_norm, help="The gradient is clipped to this norm.", panel=LOOP, least=0
    )
    tol: float = setting(
        Training().tol, help="Stop when an epoch's mean NLL changes by less.", panel=LOOP, least=0
    )
    min_epochs: int = setting(Training().min_epochs, help="Smallest number of epochs.", panel=LOOP, least=0)
    max_epochs: int = setting(Training().max_epochs, help="Largest number of epochs.", panel=LOOP, least=1)
