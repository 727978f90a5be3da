"""This package's functions in the form of the reference's, for `deepmix conform`.

The cases of the kit declare which functions there are, and in which form each is called; here are the forms.
Functions are compiled, as users run them; layers take (C, *spatial) and return their pullback, which JAX derives.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp

from deepmix.conformance.operation import Operation
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import nested
from deepmix.reference.deep_mixtures.records import Batch
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.types import Tree

from .execution import devices
from .mixtures import gaussian
from .networks.unet import Block

Function = Callable[..., Any]


@contextmanager
def session(dtype: str) -> Iterator[None]:
    """Run the block in JAX's x64 mode if the dtype is float64. Raises ValueError if JAX cannot start.

    Compiled programs are removed afterwards: they hold memory maps, about thirty per case, and a process that
    needs more than 65,530 of them on Linux crashes.
    """
    devices.present()
    with jax.enable_x64(dtype == "float64"):
        yield
    jax.clear_caches()


def _function(operation: Operation, package: str = "deepmix.accelerated") -> Function:
    module, _, name = operation.name.rpartition(".")
    function: Function = getattr(import_module(f"{package}.{module}"), name)
    return function


def _shared(operation: Operation) -> Function:
    """The function of the reference, if this package has no twin of it."""
    return _function(operation, "deepmix.reference")


def _compiled(operation: Operation, change: Callable[[Function], Function] = lambda same: same) -> Function:
    """The function, compiled; words, flags, counts and the arguments that the declaration names are static."""
    parameters = inspect.signature(_shared(operation)).parameters.values()
    static = {each.name for each in parameters if each.annotation in (str, bool, int)}
    return jax.jit(change(_function(operation)), static_argnames=(*sorted(static), *operation.static))


def _value_and_gradient(operation: Operation) -> Function:
    """A function that returns a scalar, compiled with its gradient at the first argument."""
    return _compiled(operation, jax.value_and_grad)


def _objective(operation: Operation) -> Function:
    """An `Evaluation`, compiled with the gradient of its value at the first argument."""

    def with_gradient(objective: Function) -> Function:
        @wraps(objective)
        def change(logits: jax.Array, *rest: Any, **options: Any) -> Any:
            def value(logits: jax.Array) -> Any:
                evaluation = objective(logits, *rest, **options)
                return evaluation.value, evaluation

            (_, evaluation), gradient = jax.value_and_grad(value, has_aux=True)(logits)
            return evaluation, gradient

        return change

    return _compiled(operation, with_gradient)


def _pullback(operation: Operation, change: Callable[[Function], Function] = lambda same: same) -> Function:
    """The value, compiled, and its pullback to the first arguments, those that have a gradient."""
    compiled, n_arrays = _compiled(operation, change), len(operation.pullback)

    @wraps(_function(operation))  # its defaults are seen
    def with_pullback(*given: Any, **options: Any) -> Any:
        arrays, rest = given[:n_arrays], given[n_arrays:]
        return jax.vjp(lambda *arrays: compiled(*arrays, *rest, **options), *arrays)

    return with_pullback


def _layer(operation: Operation) -> Function:
    """A layer of one image (C, *spatial), and its pullback."""

    def of_one_image(layer: Function) -> Function:
        @wraps(layer)  # the places of its static arguments are seen
        def change(x: jax.Array, *rest: jax.Array, **options: Any) -> jax.Array:
            return jnp.moveaxis(layer(jnp.moveaxis(x, 0, -1)[None], *rest, **options)[0], -1, 0)

        return change

    return _pullback(operation, of_one_image)


def _block(operation: Operation) -> Function:
    """The block of one image (C, *spatial), here a module of Flax, and its pullback."""

    @jax.jit
    def block(parameters: Tree, x: jax.Array, negative_slope: jax.Array) -> jax.Array:
        size = parameters["conv_0"]["kernel"].shape[:-2]
        module = Block(len(parameters["norm"]["scale"]), negative_slope, size=size)
        return jnp.moveaxis(module.apply({"params": parameters}, jnp.moveaxis(x, 0, -1)[None])[0], -1, 0)

    def with_pullback(parameters: Tree, x: jax.Array, negative_slope: float = Block.negative_slope) -> Any:
        return jax.vjp(lambda *arrays: block(*arrays, negative_slope), parameters, x)

    return with_pullback


def _regularizer(operation: Operation) -> Function:
    """The value and the gradient at Π of a regulariser, whose π and means are functions of Π [R]."""
    function = _function(operation)

    @jax.jit
    def with_gradient(
        proportions: jax.Array, mixture: Mixture, image: jax.Array, mask: jax.Array, *rest: Any
    ) -> Any:
        def value(proportions: jax.Array) -> jax.Array:
            return function(proportions, _found(proportions, image, mask, mixture), image, mask, *rest)

        return jax.value_and_grad(value)(proportions)

    return with_gradient


def _regularizer_of_batch(operation: Operation) -> Function:
    """The same for a regulariser of a whole batch."""
    function = _function(operation)

    @jax.jit
    def with_gradient(proportions: jax.Array, mixtures: Mixture, batch: Batch, *rest: Any) -> Any:
        def value(proportions: jax.Array) -> jax.Array:
            found = jax.vmap(_found)(proportions, batch.images, batch.weights, mixtures)
            return function(proportions, found, batch, *rest)

        return jax.value_and_grad(value)(proportions)

    return with_gradient


def _found(proportions: jax.Array, image: jax.Array, mask: jax.Array, mixture: Mixture) -> Mixture:
    """The mixture with π and μ that Π gives."""
    flat, pixels = (maps.reshape(len(maps), -1) for maps in (proportions, image))
    found = gaussian.moments(pixels, flat, mask.ravel(), 0 * pixels[:, 0], mixture)
    return mixture._replace(proportions=found.counts / mask.sum(), means=found.means)


FORMS: dict[str, Callable[[Operation], Function]] = {
    "as_it_is": _function,  # compiled in itself, or a decision on the host
    "block": _block,
    "compiled": _compiled,
    "layer": _layer,
    "objective": _objective,
    "pullback": _pullback,
    "regularizer": _regularizer,
    "regularizer_of_batch": _regularizer_of_batch,
    "shared": _shared,
    "value_and_gradient": _value_and_gradient,
}


# Optional functions have no twin.
_OFFERED = {name: FORMS[each.form](each) for name, each in OPERATIONS.items() if not each.optional}
globals().update(vars(nested(_OFFERED)))  # as `mixtures.gmm.e_step`
