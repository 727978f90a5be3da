"""An image from a dictionary of its patches, on the device [IP14]; see `reference.inverse.dictionary`.

`n_code_steps` is static.
"""

from functools import partial

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_atoms, check_positive
from deepmix.reference.inverse.records import L1, DictionaryFit, DictionaryState, Synthesis

from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from . import proximal_gradient, stopping
from ._checks import inexact
from .conjugate_gradients import squared_norm


def patches(image: jax.Array, side: int) -> jax.Array:
    """See `reference.inverse.dictionary.patches` [IP14]."""
    h, w = (length - side + 1 for length in image.shape)
    pixels = [image[row : row + h, column : column + w] for row in range(side) for column in range(side)]
    return jnp.stack(pixels, axis=-1).reshape(h * w, side**2)


def assemble(pieces: jax.Array, image: jax.Array, side: int) -> jax.Array:
    """See `reference.inverse.dictionary.assemble` [IP14]."""
    h, w = (length - side + 1 for length in image.shape)
    found = jnp.zeros(image.shape, pieces.dtype)
    for number in range(side**2):
        row, column = divmod(number, side)
        found = found.at[row : row + h, column : column + w].add(pieces[:, number].reshape(h, w))
    return found


def renew(atoms: jax.Array, codes: jax.Array, signals: jax.Array) -> jax.Array:
    """See `reference.inverse.dictionary.renew` [IP14]."""
    gram = jnp.matmul(codes.T, codes, precision=HIGHEST)
    cross = jnp.matmul(codes.T, signals, precision=HIGHEST)

    def turn(k: jax.Array, found: jax.Array) -> jax.Array:
        taken = gram[k, k] > 0
        off = cross[k] - jnp.matmul(gram[k], found, precision=HIGHEST)
        moved = found[k] + off / jnp.where(taken, gram[k, k], 1)
        shortened = moved / jnp.maximum(1, jnp.linalg.norm(moved))
        return found.at[k].set(jnp.where(taken, shortened, found[k]))

    return jax.lax.fori_loop(0, len(atoms), turn, jnp.asarray(atoms))


def begin(
    atoms: jax.Array, image: jax.Array, strength: jax.Array | float, sparsity: jax.Array | float
) -> DictionaryState:
    """See `reference.inverse.dictionary.begin` [IP14]."""
    codes = jnp.zeros((len(patches(image, _side(atoms))), len(atoms)), image.dtype)
    return _state(codes, atoms, image, strength, sparsity)


def step(
    state: DictionaryState,
    image: jax.Array,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
    n_code_steps: int = 10,
) -> DictionaryState:
    """See `reference.inverse.dictionary.step` [IP14], [IP8]."""
    signals, operator = patches(image, _side(state.atoms)), Synthesis(atoms=state.atoms)
    weights = jnp.ones_like(signals)
    about = operator, signals, weights, L1(), sparsity
    lipschitz = proximal_gradient.curvature(operator, weights, state.codes)
    first = proximal_gradient.begin(state.codes, *about, lipschitz)
    found = jax.lax.fori_loop(0, n_code_steps, lambda _, each: proximal_gradient.step(each, *about, False), first)
    return _state(found.image, renew(state.atoms, found.image, signals), image, strength, sparsity)


def denoise(
    image: jax.Array,
    atoms: jax.Array,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
    *,
    n_code_steps: int = 10,
    tol: jax.Array | float = 1e-4,
    max_iter: int = 20,
) -> DictionaryFit:
    """See `reference.inverse.dictionary.denoise` [IP14]."""
    check_positive(strength=strength, sparsity=sparsity)
    y, start = check_atoms(inexact(image), inexact(atoms), jnp.float32)
    options = {"n_code_steps": n_code_steps, "max_iter": max_iter}
    return unpacked(solve(y, start, strength=strength, sparsity=sparsity, tol=tol, **options))


@partial(jax.jit, static_argnames=("n_code_steps", "max_iter"))
def solve(
    image: jax.Array,
    atoms: jax.Array,
    *,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
    n_code_steps: int,
    tol: jax.Array | float,
    max_iter: int,
) -> DictionaryFit:
    """See `reference.inverse.dictionary.solve`; its history at full length: NaN after the end."""
    ended = stopping.loop(
        lambda state: step(state, image, strength, sparsity, n_code_steps),
        begin(atoms, image, strength, sparsity),
        stopping.little_changed(tol),
        max_iter,
    )
    return DictionaryFit(
        value=ended.state.value,
        history=ended.history,
        status=ended.status,
        degenerate=~ended.state.codes.any(axis=0),
        image=ended.state.image,
        iterations=ended.iterations,
        atoms=ended.state.atoms,
    )


def _side(atoms: jax.Array) -> int:
    return round(atoms.shape[1] ** 0.5)


def _state(
    codes: jax.Array,
    atoms: jax.Array,
    image: jax.Array,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
) -> DictionaryState:
    side, coded = _side(atoms), jnp.matmul(codes, atoms, precision=HIGHEST)
    misfit = 0.5 * squared_norm(patches(image, side) - coded)
    count = assemble(jnp.ones_like(coded), image, side)
    return DictionaryState(
        image=(strength * image + assemble(coded, image, side)) / (strength + count),
        value=misfit + sparsity * jnp.abs(codes).sum(),
        codes=codes,
        atoms=atoms,
    )
