"""Both backends: dictionaries of patches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.conformance.drawing_inverse import draw_mask
from deepmix.reference.inverse.records import Fourier, SparsePatches
from tests.laws.helpers import check_gradient
from tests.problems import generators
from tests.problems.inverse import ATOMS, draw_array
from tests.tolerances import TRAJECTORY, assert_agree, rounded, tolerance


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=3)
@given(rng=generators)
def test_the_fit_is_that_of_the_reference(dtype, rng):
    low, high = rounded((rng.normal(size=(6, 5)), rng.normal(size=(4, 9))), dtype)
    actual, expected = (
        backend.inverse.dictionary.denoise(*given, 0.5, 0.3, n_code_steps=3, tol=-1.0, max_iter=3)
        for backend, given in ((accelerated, low), (reference, high))
    )
    assert actual.status is expected.status
    for name in ("value", "history", "degenerate", "image", "atoms"):
        found, wanted = getattr(actual, name), getattr(expected, name)
        assert_agree(found, wanted, tolerance("trajectory", dtype, TRAJECTORY), dtype)


@pytest.mark.parametrize(
    ("dtype", "is_complex"), [(np.float64, True), (np.float32, False)], ids=["complex128", "float32"]
)
@settings(max_examples=3)
@given(rng=generators, step=st.just(0.0) | st.floats(0.1, 1))
def test_codes_are_those_of_the_reference(dtype, is_complex, rng, step):
    given = draw_array(rng, (6, 5), is_complex), draw_array(rng, (4, 9), is_complex) / 3, 0.3, step
    low, high = rounded(given, dtype)
    expected = reference.inverse.dictionary.encode(*high, max_iter=6)
    actual = jax.jit(accelerated.inverse.dictionary.encode)(*low, max_iter=6)
    assert_agree(actual, expected, tolerance("trajectory", dtype, TRAJECTORY), dtype)
    low, high = rounded((expected.codes, *given[:3]), dtype)
    wanted = reference.inverse.dictionary.objective(*high)
    assert_agree(accelerated.inverse.dictionary.objective(*low), wanted, tolerance("operator", dtype), dtype)


@pytest.mark.parametrize("solver", ["proximal_gradient", "half_quadratic"])
@settings(max_examples=2)
@given(rng=generators)
def test_solvers_take_sparse_patches(solver, rng):
    operator, data = Fourier(mask=draw_mask(rng, (4, 4))), draw_array(rng, (4, 4), True)
    penalty = SparsePatches(atoms=ATOMS, sparsity=0.3, n_code_steps=8)
    actual, expected = (
        getattr(backend.inverse, solver).reconstruct(operator, data, penalty, 0.2, tol=-1.0, max_iter=4)
        for backend in (accelerated, reference)
    )
    for name in ("value", "history", "image"):
        assert_agree(getattr(actual, name), getattr(expected, name), TRAJECTORY)
    with pytest.raises(ValueError, match="no squares that fit"):
        getattr(accelerated.inverse, solver).reconstruct(operator, data, penalty._replace(atoms=np.eye(5)), 0.2)


@settings(max_examples=3)
@given(rng=generators)
def test_ip14_jax_differentiates_the_penalty_at_atoms_and_sparsity_too(rng):
    """With the codes held, as the envelope theorem has it."""
    image, along = draw_array(rng, (4, 4)), draw_array(rng, ATOMS.shape)
    penalty = SparsePatches(atoms=ATOMS, sparsity=0.3, n_code_steps=80)
    slope = jax.grad(
        lambda atoms, sparsity: accelerated.inverse.penalties.value(
            penalty._replace(atoms=atoms, sparsity=sparsity), image
        ),
        (0, 1),
    )(jnp.asarray(ATOMS), 0.3)

    def value(t):
        moved = penalty._replace(atoms=ATOMS + t[0] * along, sparsity=0.3 + t[1])
        return reference.inverse.penalties.value(moved, image)

    check_gradient(value, np.zeros(2), np.array([np.vdot(slope[0], along), slope[1]]), rng)


def test_bad_input_is_refused_in_the_same_words():
    for image, atoms in ((np.full((4, 4), np.nan), np.eye(4)), (np.zeros((4, 4)), np.eye(5))):
        said = []
        for backend in (reference, accelerated):
            with pytest.raises(ValueError, match=r"16 of 16|no squares") as raised:
                backend.inverse.dictionary.denoise(image, atoms, 1.0, 1.0)
            said.append(str(raised.value))
        assert said[0] == said[1]
