"""Settings that belong together: the published ones, and those that work best on unknown images."""

from typing import Any

from deepmix.reference.checks import check_choice
from deepmix.settings import flat, nested

from .groups import OF_VOLUMES, PATCH, GuidanceSettings
from .methods import METHODS
from .settings import Settings

# Start and β of the field are chosen from the image [SV4], [SV6]. The field gives the network its mixture, the
# labels that it learns first, and its smoothness; then the network descends on the free energy of that mixture
# [VE1]. The number of steps is fixed, because a network that runs on fits the noise. Within a class the channels
# are correlated, hence full covariances; in a single channel the variance is that of the noise, in all classes.
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

# With so few filters the small classes are learnt in so few steps only if these are longer. A step on a patch does
# as much as one on a large volume, and takes less time and memory.
_OF_VOLUMES: dict[str, dict[str, Any]] = {
    "paper": OF_VOLUMES,
    "robust": OF_VOLUMES | {"learning_rate": 4e-3, "patch": PATCH},
}

# The most likely of many mixtures is often wrong, and only a field can tell: without one, one start of k-means.
_ONE_START: dict[str, Any] = {"initialization": "kmeans", "restarts": 1}


def settings(preset: str, **given: Any) -> Settings:
    """The settings of a preset, with those that are given in place of its own. Raises ValueError for bad ones."""
    check_choice("preset", preset, tuple(PRESETS))
    chosen = PRESETS[preset]
    if not _has_field(**chosen | given):
        chosen = chosen | _ONE_START
    elif given.get("means_init") is not None:
        chosen = chosen | {"restarts": 1}  # given means are one start
    if given.get("dimension") == 3:
        chosen = chosen | _OF_VOLUMES[preset]
        if given.get("objective", "free_energy") != "free_energy":
            chosen = {name: value for name, value in chosen.items() if name != "patch"}
    try:
        return nested(Settings, **chosen | given)
    except ValueError as error:
        nested(Settings, **given)  # if that is wrong by itself, it says so
        raise ValueError(f'{error} (the other setting is of preset "{preset}"; "paper" has none)') from None


def defaults() -> dict[str, dict[str, Any]]:
    """For every field that some preset sets, its value in each preset."""
    each = {preset: flat(settings(preset, n_components=1)) for preset in PRESETS}
    said = {name for chosen in PRESETS.values() for name in chosen}
    return {name: {preset: values[name] for preset, values in each.items()} for name in said}


def _has_field(method: str = Settings.method, guide: str = GuidanceSettings.guide, **_: Any) -> bool:
    """Whether a Markov field decides which start is best."""
    said_by = guide if method in METHODS and METHODS[method].deep else method
    return said_by in METHODS and METHODS[said_by].field
