"""SIRT on the device [CT11]; see `reference.tomography.algebraic`. `nonnegative` is static."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_image, check_real
from deepmix.reference.inverse.records import Operator, Solution
from deepmix.reference.tomography.checks import check_relaxation
from deepmix.reference.tomography.records import SirtState

from ..execution.results import unpacked
from ..inverse import stopping
from ..inverse._checks import check_problem
from ..inverse.conjugate_gradients import squared_norm
from ..inverse.operators import adjoint, forward, says_nothing
from . import radon  # noqa: F401  (what the operator `Radon` does)


def begin(start: jax.Array, operator: Operator, data: jax.Array, weights: jax.Array) -> SirtState:
    """See `reference.tomography.algebraic.begin` [CT11]."""
    lengths = forward(operator, jnp.ones_like(start))
    of_rays = jnp.where(lengths > 0, weights / jnp.where(lengths > 0, lengths, 1), 0)
    shares = adjoint(operator, jnp.where(lengths > 0, weights, 0))
    residual = data - forward(operator, start)
    return SirtState(
        image=start,
        value=_objective(residual, of_rays),
        residual=residual,
        of_rays=of_rays,
        of_pixels=jnp.where(shares > 0, 1 / jnp.where(shares > 0, shares, 1), 0),
    )


def step(
    state: SirtState,
    operator: Operator,
    data: jax.Array,
    relaxation: jax.Array | float = 1.0,
    nonnegative: bool = False,
) -> SirtState:
    """See `reference.tomography.algebraic.step` [CT11]."""
    image = state.image + relaxation * state.of_pixels * adjoint(operator, state.of_rays * state.residual)
    image = jnp.maximum(image, 0) if nonnegative else image
    residual = data - forward(operator, image)
    return state._replace(image=image, value=_objective(residual, state.of_rays), residual=residual)


def reconstruct(
    operator: Operator,
    data: jax.Array,
    weights: jax.Array | None = None,
    *,
    relaxation: jax.Array | float = 1.0,
    nonnegative: bool = False,
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 200,
) -> Solution:
    """See `reference.tomography.algebraic.reconstruct` [CT11]."""
    check_relaxation(relaxation)
    operator, measured, given, blank = check_problem(operator, data, weights)
    check_real(True, blank)
    return unpacked(
        solve(
            operator,
            measured,
            given,
            check_image("start", start, blank),
            relaxation=relaxation,
            nonnegative=nonnegative,
            tol=tol,
            max_iter=max_iter,
        )
    )


@partial(jax.jit, static_argnames=("nonnegative", "max_iter"))
def solve(
    operator: Operator,
    data: jax.Array,
    weights: jax.Array,
    start: jax.Array,
    *,
    relaxation: jax.Array | float,
    nonnegative: bool,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.tomography.algebraic.solve`; one program, its history at full length: NaN after the end."""
    return stopping.run(
        lambda state: step(state, operator, data, relaxation, nonnegative),
        begin(start, operator, data, weights),
        stopping.little_changed(tol),
        says_nothing(operator, data, weights),
        max_iter,
    )


def _objective(residual: jax.Array, of_rays: jax.Array) -> jax.Array:
    """½‖y − Ax‖²_R."""
    return 0.5 * squared_norm(jnp.sqrt(of_rays) * residual)
