"""deepmix: deep Gaussian mixtures for unsupervised image segmentation.

`segment` is the main function, `reconstruct` makes images of measurements and `deconvolve` blurred ones sharp;
`GaussianMixture` and four more classes are estimators with scikit-learn's conventions. `deepmix.reference` needs
NumPy and SciPy alone; the rest is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .estimators import DeepMixture as DeepMixture
    from .estimators import FuzzyCMeans as FuzzyCMeans
    from .estimators import GaussianMixture as GaussianMixture
    from .estimators import MixtureModel as MixtureModel
    from .estimators import SpatiallyVariantGaussianMixture as SpatiallyVariantGaussianMixture
    from .reconstruction.deconvolution import deconvolve as deconvolve
    from .reconstruction.job import Reconstruction as Reconstruction
    from .reconstruction.job import reconstruct as reconstruct
    from .segmentation.results import Segmentation
    from .segmentation.run import segment

    __version__: str

# What works with the base install; the estimators need scikit-learn.
__all__ = ["Reconstruction", "Segmentation", "__version__", "deconvolve", "reconstruct", "segment"]
_HOMES = {
    "DeepMixture": ".estimators",
    "FuzzyCMeans": ".estimators",
    "GaussianMixture": ".estimators",
    "MixtureModel": ".estimators",
    "Reconstruction": ".reconstruction.job",
    "Segmentation": ".segmentation.results",
    "SpatiallyVariantGaussianMixture": ".estimators",
    "deconvolve": ".reconstruction.deconvolution",
    "reconstruct": ".reconstruction.job",
    "segment": ".segmentation.run",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("deepmix")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
