"""Half-quadratic splitting on the device [IP11]; see `reference.inverse.half_quadratic`."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_image, check_penalty, check_positive
from deepmix.reference.inverse.records import Operator, Penalty
from deepmix.reference.inverse.solutions import Solution, SplitState

from ..execution.results import unpacked
from . import penalties, stopping
from ._checks import check_problem, in_precision, is_single
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, gram_solve


def begin(
    start: jax.Array,
    operator: Operator,
    data: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    coupling: jax.Array | float,
) -> SplitState:
    """See `reference.inverse.half_quadratic.begin` [IP11]."""
    mu = jnp.asarray(coupling, start.real.dtype)
    z = penalties.prox(penalty, start, strength / mu)
    return _state(start, z, operator, data, penalty, strength, mu, mu)


def step(
    state: SplitState,
    operator: Operator,
    data: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    growth: jax.Array | float = 1.1,
) -> SplitState:
    """See `reference.inverse.half_quadratic.step` [IP11]."""
    mu = state.coupling
    x = gram_solve(operator, adjoint(operator, data) + mu * state.split, mu)
    z = penalties.prox(penalty, x, strength / mu)
    return _state(x, z, operator, data, penalty, strength, mu, growth * mu)


def reconstruct(
    operator: Operator,
    data: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    *,
    coupling: jax.Array | float = 1.0,
    growth: jax.Array | float = 1.1,
    start: jax.Array | None = None,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 50,
) -> Solution:
    """See `reference.inverse.half_quadratic.reconstruct` [IP11]."""
    check_positive(strength=strength, coupling=coupling, growth=growth)
    operator, data, _, blank = check_problem(operator, data, None)
    check_penalty(penalty, blank)
    start = adjoint(operator, data) if start is None else start
    return unpacked(
        solve(
            operator,
            data,
            check_image("start", start, blank),
            in_precision(penalty, is_single(data)),
            strength=strength,
            coupling=coupling,
            growth=growth,
            tol=tol,
            max_iter=max_iter,
        )
    )


@partial(jax.jit, static_argnames="max_iter")
def solve(
    operator: Operator,
    data: jax.Array,
    start: jax.Array,
    penalty: Penalty,
    *,
    strength: jax.Array | float,
    coupling: jax.Array | float,
    growth: jax.Array | float,
    tol: jax.Array | float,
    max_iter: int,
) -> Solution:
    """See `reference.inverse.half_quadratic.solve`; one program, its history at full length: NaN after the end."""
    return stopping.run(
        lambda state: step(state, operator, data, penalty, strength, growth),
        begin(start, operator, data, penalty, strength, coupling),
        stopping.little_changed(tol),
        ~jnp.any(adjoint(operator, data)),
        max_iter,
    )


def _state(
    image: jax.Array,
    split: jax.Array,
    operator: Operator,
    data: jax.Array,
    penalty: Penalty,
    strength: jax.Array | float,
    coupling: jax.Array,
    following: jax.Array,
) -> SplitState:
    misfit = 0.5 * squared_norm(forward(operator, image) - data)
    apart = 0.5 * coupling * squared_norm(image - split)
    return SplitState(
        image=image,
        value=misfit + strength * penalties.value(penalty, split) + apart,
        split=split,
        coupling=following,
    )
