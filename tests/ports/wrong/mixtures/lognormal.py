"""Mistakes in `mixtures.lognormal`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the density is that of the logarithm",
        ", covariance_type) - logs.sum(axis=0)",
        ", covariance_type)",
        "mixtures.lognormal.log_density/full",
    ),
    Mistake(
        "the start's means are those of the logarithms' exponential",
        "means=np.log(mixture.means) - spread / 2",
        "means=np.log(mixture.means)",
        "mixtures.lognormal.of_gaussians/diag",
    ),
)
