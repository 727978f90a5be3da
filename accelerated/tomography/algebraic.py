"""SIRT on the device [CT11]; see `reference.tomography.algebraic`. `nonnegative` is static."""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_image, check_real
from deepmix.reference.inverse.solutions import Solution
from deepmix.reference.tomography.checks import check_relaxation
from deepmix.reference.tomography.records import Radon, ScanGeometry, SirtState

from ..execution.results import unpacked
from ..inverse import stopping
from ..inverse._checks import check_problem
from ..inverse.conjugate_gradients import squared_norm
from ..inverse.operators import says_nothing
from .radon import project, project_back


def begin(start: jax.Array, sinogram: jax.Array, geometry: ScanGeometry, weights: jax.Array) -> SirtState:
    """See `reference.tomography.algebraic.begin` [CT11]."""
    lengths = project(jnp.ones_like(start), geometry)
    of_rays = jnp.where(lengths > 0, weights / jnp.where(lengths > 0, lengths, 1), 0)
    shares = project_back(jnp.where(lengths > 0, weights, 0), geometry)
    residual = sinogram - project(start, geometry)
    return SirtState(
        image=start,
        value=_objective(residual, of_rays),
        residual=residual,
        of_rays=of_rays,
        of_pixels=jnp.where(shares > 0, 1 / jnp.where(shares > 0, shares, 1), 0),
    )


def step(
    state: SirtState,
    sinogram: jax.Array,
    geometry: ScanGeometry,
    relaxation: jax.Array | float = 1.0,
    nonnegative: bool = False,
) -> SirtState:
    """See `reference.tomography.algebraic.step` [CT11]."""
    image = state.image + relaxation * state.of_pixels * project_back(state.of_rays * state.residual, geometry)
    image = jnp.maximum(image, 0) if nonnegative else image
    residual = sinogram - project(image, geometry)
    return state._replace(image=image, value=_objective(residual, state.of_rays), residual=residual)


def reconstruct(
    sinogram: jax.Array,
    geometry: ScanGeometry,
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
    operator, measured, given, blank = check_problem(Radon(geometry=geometry), sinogram, weights)
    check_real(True, blank)
    return unpacked(
        solve(
            measured,
            operator.geometry,
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
    sinogram: jax.Array,
    geometry: ScanGeometry,
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
        lambda state: step(state, sinogram, geometry, relaxation, nonnegative),
        begin(start, sinogram, geometry, weights),
        stopping.little_changed(tol),
        says_nothing(Radon(geometry=geometry), sinogram, weights),
        max_iter,
    )


def _objective(residual: jax.Array, of_rays: jax.Array) -> jax.Array:
    """½‖y − Ax‖²_R."""
    return 0.5 * squared_norm(jnp.sqrt(of_rays) * residual)
