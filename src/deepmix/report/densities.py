"""The densities of classes in one channel, from the numbers of report.json."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import gammaln, xlogy

# From values, the mean, the variance (of student: the scale squared) and the parameters of `densities.classes`.
Density = Callable[[np.ndarray, float, float, Mapping[str, float]], np.ndarray]


def density(
    values: np.ndarray, distribution: str, fit: Mapping[str, Any], variance: float, k: int, channel: int
) -> np.ndarray:
    """The density of class k of a fit at values (n,) of a channel, in the unit of the image."""
    named = {name: np.array(fit[name])[k] for name in PARAMETERS[distribution]}
    of_class = {name: float(each[channel] if each.ndim else each) for name, each in named.items()}
    return DENSITIES[distribution](values, fit["means"][k][channel], variance, of_class)


def _counts(x: np.ndarray, mean: float, variance: float, of: Mapping[str, float]) -> np.ndarray:
    """Poisson's probabilities, continued between whole numbers."""
    x = np.maximum(x, 0)
    return np.exp(xlogy(x, of["rates"]) - of["rates"] - gammaln(x + 1))


PARAMETERS = {
    "gaussian": (),
    "student": ("degrees",),
    "rician": ("signals", "noise"),
    "gamma": ("shapes", "rates"),
    "lognormal": ("means_of_logarithms", "deviations_of_logarithms"),
    "poisson": ("rates",),
}
DENSITIES: dict[str, Density] = {
    "gaussian": lambda x, mean, variance, of: stats.norm.pdf(x, mean, np.sqrt(variance)),
    "student": lambda x, mean, variance, of: stats.t.pdf(x, of["degrees"], mean, np.sqrt(variance)),
    "rician": lambda x, mean, variance, of: stats.rice.pdf(x, of["signals"] / of["noise"], scale=of["noise"]),
    "gamma": lambda x, mean, variance, of: stats.gamma.pdf(x, of["shapes"], scale=1 / of["rates"]),
    "lognormal": lambda x, mean, variance, of: stats.lognorm.pdf(
        x, of["deviations_of_logarithms"], scale=np.exp(of["means_of_logarithms"])
    ),
    "poisson": _counts,
}
