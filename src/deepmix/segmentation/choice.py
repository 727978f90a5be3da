"""The distribution whose mixture has the least BIC [NG9]."""

import warnings
from types import ModuleType

import numpy as np

from deepmix.settings import changed

from . import selection
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
    bic = {}
    for distribution in CHOSEN_FROM:
        known = changed(settings.densities, distribution=distribution).covariance_types
        if settings.mixture.covariance_type not in ("auto", *known):
            continue
        tried = changed(settings, distribution=distribution)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said when the distribution is chosen
            try:
                job = prepare(image, mask, tried)
            except ValueError:
                if distribution == "gaussian":  # nothing that a distribution could mend
                    raise
                continue
            fit = fit_gmm(job.chosen(), job, twin)
        n_pixels, n_channels = int(job.chosen().sum()), len(job.volume)
        kind = job.settings.mixture.covariance_type
        free = selection.n_parameters(settings.n_components, n_channels, kind, tried.densities.family)
        in_unit = float(fit.value) + float(np.log(job.scale.deviation).sum())  # of the image, hence comparable
        bic[distribution] = selection.bic(in_unit, n_pixels, free)
    return selection.Choice(distribution=min(bic, key=lambda name: bic[name]), bic=bic)
