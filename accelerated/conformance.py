"""This package's functions in the form of the reference's, for `deepmix conform`.

Compiled, as users run them; layers take (C, H, W) and return their pullback, which JAX derives. The
initialisers are the reference's own, which this package shares.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import jax

from deepmix.reference.deep_mixtures.records import Batch
from deepmix.reference.mixtures import initialization
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks import parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

from .deep_mixtures import many_images as _training
from .deep_mixtures import one_image as _deep
from .deep_mixtures import regularizers as _regularizers
from .evaluation import clusterings as _clusterings
from .evaluation import distances as _distances
from .evaluation import overlap as _metrics
from .evaluation import surfaces as _surfaces
from .losses import segmentation as _losses
from .mixtures import em as _em
from .mixtures import fcm as _fcm
from .mixtures import gaussian as _gaussian
from .mixtures import gmm as _gmm
from .mixtures import hmrf as _hmrf
from .mixtures import svgmm as _svgmm
from .networks import attention as _of_attention
from .networks import layers as _layers
from .networks import unet as _unet
from .optimization import adamw as _adamw

__all__ = ["session"]  # and the namespaces at the end of this file


@contextmanager
def session(dtype: str) -> Iterator[None]:
    """JAX's float64 mode where float64 is asked for.

    Afterwards what was compiled goes: it holds memory maps, some thirty a case, of which a process may have
    65,530 on Linux; XLA does not survive the next one.
    """
    with jax.enable_x64(dtype == "float64"):
        yield
    jax.clear_caches()


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function compiled; what is no array is static."""
    static = {"covariance_type", "model", "n_components", "n_classes", "reduction", "include_background"}
    static |= {"diagonals"}
    return jax.jit(function, static_argnames=static & set(inspect.signature(function).parameters))


def _compiled(module: ModuleType, *names: str) -> SimpleNamespace:
    """Functions of a module, compiled."""
    return SimpleNamespace(**{name: _jit(getattr(module, name)) for name in names})


def _with_gradients(module: ModuleType, *names: str) -> SimpleNamespace:
    """Functions of a module that return a scalar, compiled with their gradient at the first argument."""
    return SimpleNamespace(**{name: _jit(jax.value_and_grad(getattr(module, name))) for name in names})


def _layer(function: Callable[..., jax.Array]) -> Callable[..., Any]:
    """A layer of one image (C, H, W) that returns its value and its pullback."""

    @jax.jit
    def of_one_image(x: jax.Array, *rest: jax.Array) -> jax.Array:
        return function(x.transpose(1, 2, 0)[None], *rest)[0].transpose(2, 0, 1)

    return lambda *arrays: jax.vjp(of_one_image, *arrays)


def _attention(function: Callable[..., jax.Array]) -> Callable[..., Any]:
    """A function of attention that returns its value and its pullback; its last argument, a mask, has none."""
    n_arrays = len(inspect.signature(function).parameters) - 1

    def with_pullback(*given: Any) -> Any:
        arrays, mask = given[:n_arrays], given[n_arrays:]
        return jax.vjp(jax.jit(lambda *arrays: function(*arrays, *mask)), *arrays)

    return with_pullback


def _network(parameters: Tree, image: jax.Array, config: UNetConfig = UNetConfig()) -> Any:
    return jax.vjp(jax.jit(lambda parameters, image: _unet.unet(parameters, image, config)), parameters, image)


def _block(parameters: Tree, x: jax.Array, negative_slope: float = 0.01) -> Any:
    block = _unet.Block(len(parameters["norm"]["scale"]), negative_slope)
    layer = _layer(lambda x, parameters: block.apply({"params": parameters}, x))
    value, pullback = layer(x, parameters)
    return value, lambda dy: pullback(dy)[::-1]


def _regularizer(function: Callable[..., jax.Array]) -> Callable[..., Any]:
    """The value and the gradient at Π of a regulariser, whose means are functions of Π [R]."""

    @jax.jit
    def with_gradient(
        proportions: jax.Array, mixture: Mixture, image: jax.Array, mask: jax.Array, *rest: Any
    ) -> Any:
        def value(proportions: jax.Array) -> jax.Array:
            found = _means(proportions, image, mask, mixture)
            return function(proportions, mixture._replace(means=found), image, mask, *rest)

        return jax.value_and_grad(value)(proportions)

    return with_gradient


@jax.jit
def _mean_prior_of_batch(proportions: jax.Array, mixtures: Mixture, batch: Batch, means: jax.Array) -> Any:
    def value(proportions: jax.Array) -> jax.Array:
        found = jax.vmap(_means)(proportions, batch.images, batch.weights, mixtures)
        return _regularizers.mean_prior_of_batch(proportions, mixtures._replace(means=found), batch, means)

    return jax.value_and_grad(value)(proportions)


def _means(proportions: jax.Array, image: jax.Array, mask: jax.Array, mixture: Mixture) -> jax.Array:
    flat, pixels = (maps.reshape(len(maps), -1) for maps in (proportions, image))
    return _gaussian.moments(pixels, flat, mask.ravel(), 0 * pixels[:, 0], mixture).means


_attention_functions = SimpleNamespace(
    **{
        name: _attention(getattr(_of_attention, name))
        for name in ("weights", "dot_product", "self_attention", "pooling_weights", "pooling")
    }
)
_fcm_functions = _compiled(
    _fcm, "centres", "memberships", "squared_distances", "objective", "partition_coefficient"
)
_adamw_functions = _compiled(_adamw, "init", "clip", "update")
_deep_functions = _compiled(_deep, "loss", "free_energy")
_training_functions = _compiled(_training, "loss")
_distances_functions = _compiled(_distances, "squared_distance_transform")
_losses_functions = _with_gradients(
    _losses,
    "cross_entropy",
    "top_k_cross_entropy",
    "focal",
    "tversky",
    "soft_dice",
    "soft_iou",
    "generalised_dice",
    "hausdorff",
)
_em_functions = _compiled(_em, "mean_nll")
_gaussian_functions = _compiled(
    _gaussian, "log_density", "posterior", "moments", "blend", "global_mixture", "variance_floor"
)
_gmm_functions = _compiled(_gmm, "e_step", "m_step", "nll")
_svgmm_functions = _compiled(_svgmm, "e_step", "m_step", "nll")
_hmrf_functions = _compiled(_hmrf, "neighbour_sum", "colours", "sweep", "free_energy", "pseudo_nll")
_metrics_functions = _compiled(
    _metrics,
    "dice",
    "dice_matrix",
    "match_classes",
    "iou",
    "sensitivity",
    "specificity",
    "precision",
    "f_beta",
    "volumetric_similarity",
)
_clusterings_functions = _compiled(
    _clusterings, "contingency_table", "adjusted_rand_index", "normalized_mutual_information"
)
_surfaces_functions = _compiled(
    _surfaces,
    "surface",
    "surface_distances",
    "hausdorff",
    "average_surface_distance",
    "average_symmetric_surface_distance",
    "surface_dice",
)
_layers_functions = SimpleNamespace(
    conv=_layer(_layers.conv),
    leaky_relu=_layer(_layers.leaky_relu),
    instance_norm=_layer(_layers.instance_norm),
    max_pool=_layer(_layers.max_pool),
    upsample=_layer(_layers.upsample),
    softmax=lambda logits: jax.vjp(_layers.softmax, logits),
)
_unet_functions = SimpleNamespace(unet=_network, block=_block)
_regularizers_functions = SimpleNamespace(
    total_variation=_regularizer(_regularizers.total_variation),
    mean_prior=_regularizer(_regularizers.mean_prior),
    mean_prior_of_batch=_mean_prior_of_batch,
)
mixtures = SimpleNamespace(
    initialization=initialization,
    gaussian=_gaussian_functions,
    em=_em_functions,
    gmm=_gmm_functions,
    svgmm=_svgmm_functions,
    hmrf=_hmrf_functions,
    fcm=_fcm_functions,
)
networks = SimpleNamespace(
    layers=_layers_functions, unet=_unet_functions, attention=_attention_functions, parameters=parameters
)
optimization = SimpleNamespace(adamw=_adamw_functions)
deep_mixtures = SimpleNamespace(
    one_image=_deep_functions, many_images=_training_functions, regularizers=_regularizers_functions
)
losses = SimpleNamespace(segmentation=_losses_functions)
evaluation = SimpleNamespace(
    overlap=_metrics_functions,
    clusterings=_clusterings_functions,
    surfaces=_surfaces_functions,
    distances=_distances_functions,
)
