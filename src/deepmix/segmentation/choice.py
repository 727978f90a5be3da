"""The distribution whose mixture has the least BIC [NG9]."""

import warnings
from types import ModuleType

import numpy as np

from deepmix.settings import changed

from . import selection
from .covariances import AUTO as ANY
from .distributions import CHOSEN_FROM
from .mixtures import fit_gmm
from .preparation import prepare
from .settings import Settings


def choose_distribution(
    image: np.ndarray, mask: np.ndarray | None, settings: Settings, twin: ModuleType
) -> selection.Choice:
    """The distribution of the least BIC, of mixtures without neighbours, for an image as `segment` takes it.

    Those that know positive values only are tried if all values inside the mask are positive, or whole numbers
    from 0; those of independent channels if the covariance type allows it.
    """
    tried = {name: _bic(image, mask, changed(settings, distribution=name), twin) for name in candidates(settings)}
    bic = {name: value for name, value in tried.items() if value is not None}
    return selection.Choice(distribution=min(bic, key=lambda name: bic[name]), bic=bic)


def candidates(settings: Settings) -> list[str]:
    """The distributions to choose from: those that know the covariance type of the settings."""
    known = {name: changed(settings.densities, distribution=name).covariance_types for name in CHOSEN_FROM}
    return [name for name in CHOSEN_FROM if settings.mixture.covariance_type in (ANY, *known[name])]


def _bic(image: np.ndarray, mask: np.ndarray | None, settings: Settings, twin: ModuleType) -> float | None:
    """The BIC of the mixture of the settings; None for pixels that the distribution does not know.

    What it takes in memory ends with it, so that one distribution does not wait in memory for the next.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the distribution is chosen
        try:
            job = prepare(image, mask, settings)
        except ValueError:
            if settings.densities.distribution == "gaussian":  # nothing that a distribution could mend
                raise
            return None
        fit = fit_gmm(job.chosen(), job, twin)
    n_pixels, n_channels = int(job.chosen().sum()), len(job.volume)
    kind = job.settings.mixture.covariance_type
    free = selection.n_parameters(settings.n_components, n_channels, kind, settings.densities.family)
    in_unit = float(fit.value) + float(np.log(job.scale.deviation).sum())  # of the image, hence comparable
    return selection.bic(in_unit, n_pixels, free)
