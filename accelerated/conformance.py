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

from deepmix.reference import initialization
from deepmix.reference.types import Batch, Mixture, Tree, UNetConfig

from . import adamw as _adamw
from . import attention as _of_attention
from . import clusterings as _clusterings
from . import deep as _deep
from . import distances as _distances
from . import em as _em
from . import fcm as _fcm
from . import gaussian as _gaussian
from . import gmm as _gmm
from . import hmrf as _hmrf
from . import layers as _layers
from . import losses as _losses
from . import metrics as _metrics
from . import regularizers as _regularizers
from . import surfaces as _surfaces
from . import svgmm as _svgmm
from . import training as _training
from . import unet as _unet

__all__ = ["initialization", "session"]  # and the namespaces at the end of this file


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


attention = SimpleNamespace(
    **{
        name: _attention(getattr(_of_attention, name))
        for name in ("weights", "dot_product", "self_attention", "pooling_weights", "pooling")
    }
)
fcm = _compiled(_fcm, "centres", "memberships", "squared_distances", "objective", "partition_coefficient")
adamw = _compiled(_adamw, "init", "clip", "update")
deep = _compiled(_deep, "loss", "free_energy")
training = _compiled(_training, "loss")
distances = _compiled(_distances, "squared_distance_transform")
losses = _with_gradients(
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
em = _compiled(_em, "mean_nll")
gaussian = _compiled(_gaussian, "log_density", "posterior", "moments", "blend", "global_mixture", "variance_floor")
gmm = _compiled(_gmm, "e_step", "m_step", "nll")
svgmm = _compiled(_svgmm, "e_step", "m_step", "nll")
hmrf = _compiled(_hmrf, "neighbour_sum", "colours", "sweep", "free_energy", "pseudo_nll")
metrics = _compiled(
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
clusterings = _compiled(_clusterings, "contingency_table", "adjusted_rand_index", "normalized_mutual_information")
surfaces = _compiled(
    _surfaces,
    "surface",
    "surface_distances",
    "hausdorff",
    "average_surface_distance",
    "average_symmetric_surface_distance",
    "surface_dice",
)
layers = SimpleNamespace(
    conv=_layer(_layers.conv),
    leaky_relu=_layer(_layers.leaky_relu),
    instance_norm=_layer(_layers.instance_norm),
    max_pool=_layer(_layers.max_pool),
    upsample=_layer(_layers.upsample),
    softmax=lambda logits: jax.vjp(_layers.softmax, logits),
)
unet = SimpleNamespace(unet=_network, block=_block)
regularizers = SimpleNamespace(
    total_variation=_regularizer(_regularizers.total_variation),
    mean_prior=_regularizer(_regularizers.mean_prior),
    mean_prior_of_batch=_mean_prior_of_batch,
)
