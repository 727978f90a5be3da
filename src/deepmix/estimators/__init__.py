"""The algorithms as estimators with scikit-learn's conventions, for pipelines and grid searches."""

try:
    from .deep_mixture import DeepMixture
    from .fuzzy import FuzzyCMeans
    from .gaussian_mixture import GaussianMixture
    from .mixture_model import MixtureModel
    from .spatially_variant import SpatiallyVariantGaussianMixture
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] != "sklearn":
        raise
    raise ImportError(
        "the estimators need scikit-learn; install it with: pip install 'deepmix[sklearn]'"
    ) from error

__all__ = ["DeepMixture", "FuzzyCMeans", "GaussianMixture", "MixtureModel", "SpatiallyVariantGaussianMixture"]
