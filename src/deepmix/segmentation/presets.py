"""Settings that belong together: as published, and as they serve best on images that nobody has seen."""

from typing import Any

from deepmix.reference.checks import check_choice
from deepmix.settings import flat, nested

from .groups import GuidanceSettings
from .methods import METHODS
from .settings import Settings

# The field, whose start and strength the image chooses [SV4], [SV6], gives the network its mixture, what it
# learns first, and how smooth it shall be; then it descends on the free energy of that mixture [VE1]. The
# number of steps is given: a network that runs on follows the noise. Channels of one object are correlated in
# its classes, hence full covariances; a single channel's variance is the noise's, which all classes share.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "robust": {
        "covariance_type": "auto",
        "initialization": "multiscale",
        "restarts": 2,
        "tol": 1e-5,
        "max_iter": 200,
        "beta": "auto",
        "guide": "hmrf",
        "warm_start": 80,
        "follow": 3,
        "objective": "free_energy",
        "contamination": 1e-3,
        "m_step_every": 0,
        "total_variation": "auto",
        "filters": 16,
        "learning_rate": 1e-3,
        "min_steps": 80,
        "max_steps": 80,
    },
}
DEFAULT = "robust"

# Of many mixtures the most likely one is often wrong, as only a field can tell: without it, one start of k-means.
_ONE_START: dict[str, Any] = {"initialization": "kmeans", "restarts": 1}


def settings(preset: str, **given: Any) -> Settings:
    """The settings of a preset, save those that are given."""
    check_choice("preset", preset, tuple(PRESETS))
    chosen = PRESETS[preset]
    if not _has_field(**chosen | given):
        chosen = chosen | _ONE_START
    elif given.get("means_init") is not None:
        chosen = chosen | {"restarts": 1}  # given means are one start
    try:
        return nested(Settings, **chosen | given)
    except ValueError as error:
        nested(Settings, **given)  # if that is wrong by itself, it says so
        raise ValueError(f'{error} (the other setting is of preset "{preset}"; "paper" has none)') from None


def defaults() -> dict[str, dict[str, Any]]:
    """Of every field that some preset says, what each preset has."""
    each = {preset: flat(settings(preset, n_components=1)) for preset in PRESETS}
    said = {name for chosen in PRESETS.values() for name in chosen}
    return {name: {preset: values[name] for preset, values in each.items()} for name in said}


def _has_field(method: str = Settings.method, guide: str = GuidanceSettings.guide, **_: Any) -> bool:
    """Whether a Markov field says which start is best."""
    said_by = guide if method in METHODS and METHODS[method].deep else method
    return said_by in METHODS and METHODS[said_by].field
