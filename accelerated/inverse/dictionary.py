"""An image from a dictionary of its patches, on the device [IP14]; see `reference.inverse.dictionary`.

`n_code_steps` is static.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.checks import check_atoms, check_positive
from deepmix.reference.inverse.records import Synthesis
from deepmix.reference.inverse.solutions import CodedImage, DictionaryFit, DictionaryState

from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from . import stopping
from ._checks import inexact
from ._lengths import modulus
from .conjugate_gradients import squared_norm
from .operators import adjoint, forward, norm
from .proximal import soft_threshold


class Coding(NamedTuple):
    """Where `encode` stands: steps, codes, those from where the next step starts, t, and whether it goes on."""

    steps: jax.Array
    codes: jax.Array
    ahead: jax.Array
    momentum: jax.Array
    going: jax.Array


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
    return _state(_no_codes(atoms, image), atoms, image, strength, sparsity)


def step(
    state: DictionaryState,
    image: jax.Array,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
    n_code_steps: int = 10,
) -> DictionaryState:
    """See `reference.inverse.dictionary.step` [IP14], [IP8]."""
    signals, atoms, bound = patches(image, _side(state.atoms)), state.atoms, _lipschitz(state.atoms)

    def turn(_: int, codes: jax.Array) -> jax.Array:
        left = signals - forward(Synthesis(atoms=atoms), codes)
        return _moved(codes, left, atoms, sparsity, bound)

    codes = jax.lax.fori_loop(0, n_code_steps, turn, state.codes)
    return _state(codes, renew(atoms, codes, signals), image, strength, sparsity)


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


def objective(codes: jax.Array, image: jax.Array, atoms: jax.Array, sparsity: jax.Array | float) -> jax.Array:
    """See `reference.inverse.dictionary.objective` [IP14]."""
    return 0.5 * squared_norm(_uncoded(codes, image, atoms)) + sparsity * modulus(codes).sum()


def encode(
    image: jax.Array,
    atoms: jax.Array,
    sparsity: jax.Array | float,
    step: jax.Array | float = 0.0,
    *,
    tol: jax.Array | float = 0.0,
    max_iter: int = 100,
) -> CodedImage:
    """See `reference.inverse.dictionary.encode` [IP14], [IP8]. `max_iter` may be traced."""
    bound, nothing = _lipschitz(atoms), _no_codes(atoms, image)
    sparsity, step = (jnp.asarray(number, nothing.real.dtype) for number in (sparsity, step))

    def turn(coding: Coding) -> Coding:
        ahead, t = coding.ahead, coding.momentum
        near = image + step * _pull(ahead, image, atoms, step)
        codes = _moved(ahead, _uncoded(ahead, near, atoms), atoms, sparsity, bound)
        moved = codes - coding.codes
        goes_on = jnp.vdot(codes - ahead, moved, precision=HIGHEST).real >= 0
        following = (1 + jnp.sqrt(1 + 4 * t**2)) / 2
        return Coding(
            steps=coding.steps + 1,
            codes=codes,
            ahead=codes + jnp.where(goes_on, (t - 1) / following, 0) * moved,
            momentum=jnp.where(goes_on, following, 1),
            going=jnp.sqrt(squared_norm(codes - ahead)) > tol * jnp.sqrt(squared_norm(codes)),
        )

    first = Coding(
        steps=jnp.asarray(0),
        codes=nothing,
        ahead=nothing,
        momentum=jnp.ones((), nothing.real.dtype),
        going=jnp.asarray(True),
    )
    codes = jax.lax.while_loop(lambda coding: coding.going & (coding.steps < max_iter), turn, first).codes
    pull = _pull(codes, image, atoms, step)
    near = image + step * pull
    return CodedImage(
        image=near,
        value=0.5 * step * squared_norm(pull) + objective(codes, near, atoms, sparsity),
        codes=codes,
        slope=-pull,
    )


def _side(atoms: jax.Array) -> int:
    return round(atoms.shape[1] ** 0.5)


def _no_codes(atoms: jax.Array, image: jax.Array) -> jax.Array:
    n_patches = len(patches(image, _side(atoms)))
    return jnp.zeros((n_patches, len(atoms)), jnp.result_type(image, atoms))


def _lipschitz(atoms: jax.Array) -> jax.Array:
    found = norm(Synthesis(atoms=atoms), atoms[0]) ** 2
    return jnp.where(found > 0, found, 1)


def _uncoded(codes: jax.Array, image: jax.Array, atoms: jax.Array) -> jax.Array:
    return patches(image, _side(atoms)) - forward(Synthesis(atoms=atoms), codes)


def _moved(
    codes: jax.Array, left: jax.Array, atoms: jax.Array, sparsity: jax.Array | float, bound: jax.Array
) -> jax.Array:
    descent = adjoint(Synthesis(atoms=atoms), left)
    return soft_threshold(codes + descent / bound, sparsity / bound)


def _pull(codes: jax.Array, image: jax.Array, atoms: jax.Array, step: jax.Array | float) -> jax.Array:
    coded, side = forward(Synthesis(atoms=atoms), codes), _side(atoms)
    count = assemble(jnp.ones_like(coded.real), image, side)
    return (assemble(coded, image, side) - count * image) / (1 + step * count)


def _state(
    codes: jax.Array,
    atoms: jax.Array,
    image: jax.Array,
    strength: jax.Array | float,
    sparsity: jax.Array | float,
) -> DictionaryState:
    return DictionaryState(
        image=image + _pull(codes, image, atoms, 1 / strength) / strength,
        value=objective(codes, image, atoms, sparsity),
        codes=codes,
        atoms=atoms,
    )
