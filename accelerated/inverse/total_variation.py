"""Total variation [IP6], [IP9]; see `reference.inverse.total_variation`. `variation` is static."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import check_choice
from deepmix.reference.inverse.checks import check_finite, check_image, check_positive
from deepmix.reference.inverse.solutions import Solution, VariationState
from deepmix.reference.inverse.total_variation import VARIATIONS

from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from . import finite_differences, stopping
from ._checks import inexact
from ._lengths import length, over
from .conjugate_gradients import squared_norm
from .proximal import project_balls, project_discs

LENGTHS: dict[str, Callable[..., jax.Array]] = {"isotropic": partial(length, axis=0), "anisotropic": length}
PROJECTIONS = {"isotropic": project_balls, "anisotropic": project_discs}


def value(image: jax.Array, variation: str = "isotropic", eps: jax.Array | float = 0.0) -> jax.Array:
    """See `reference.inverse.total_variation.value` [IP6]."""
    return LENGTHS[variation](finite_differences.gradient(image), eps=eps).sum()


def gradient(image: jax.Array, variation: str = "isotropic", eps: jax.Array | float = 0.0) -> jax.Array:
    """See `reference.inverse.total_variation.gradient` [IP6]."""
    field = finite_differences.gradient(image)
    return finite_differences.adjoint(over(field, LENGTHS[variation](field, eps=eps)))


def begin(start: jax.Array, image: jax.Array, strength: jax.Array | float, variation: str) -> VariationState:
    """See `reference.inverse.total_variation.begin` [IP9]."""
    return _state(start, start, jnp.ones((), image.real.dtype), image, strength, variation)


def step(state: VariationState, image: jax.Array, strength: jax.Array | float, variation: str) -> VariationState:
    """See `reference.inverse.total_variation.step` [IP9]."""
    steep = finite_differences.gradient(image - strength * finite_differences.adjoint(state.ahead))
    dual = PROJECTIONS[variation](state.ahead + steep / (4 * image.ndim * strength), 1.0)
    momentum = (1 + jnp.sqrt(1 + 4 * state.momentum**2)) / 2
    ahead = dual + (state.momentum - 1) / momentum * (dual - state.dual)
    return _state(dual, ahead, momentum, image, strength, variation)


def denoise(
    image: jax.Array,
    strength: jax.Array | float,
    *,
    variation: str = "isotropic",
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """See `reference.inverse.total_variation.denoise` [IP9]."""
    check_choice("variation", variation, VARIATIONS)
    check_positive(strength=strength)
    v = inexact(image)
    check_finite("image", v)
    field = check_image("start", start, np.zeros((v.ndim, *v.shape), v.dtype))
    solved = solve(v, field, strength=strength, variation=variation, tol=tol, max_iter=max_iter)
    return unpacked(solved)


@partial(jax.jit, static_argnames=("variation", "max_iter"))
def solve(
    image: jax.Array,
    start: jax.Array,
    *,
    strength: jax.Array | float,
    variation: str,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.total_variation.solve`; its history at full length: NaN after the end."""
    enough = tol * 0.5 * squared_norm(image)
    return stopping.run(
        lambda state: step(state, image, strength, variation),
        begin(start, image, strength, variation),
        lambda before, after: after.gap <= enough,
        ~jnp.any(image),
        max_iter,
    )


def _state(
    dual: jax.Array,
    ahead: jax.Array,
    momentum: jax.Array,
    image: jax.Array,
    strength: jax.Array | float,
    variation: str,
) -> VariationState:
    x = image - strength * finite_differences.adjoint(dual)
    field = finite_differences.gradient(x)
    rough = LENGTHS[variation](field).sum()
    return VariationState(
        image=x,
        value=0.5 * squared_norm(x - image) + strength * rough,
        gap=strength * (rough - jnp.vdot(field, dual, precision=HIGHEST).real),
        dual=dual,
        ahead=ahead,
        momentum=momentum,
    )
