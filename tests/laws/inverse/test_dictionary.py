"""Laws of dictionaries of patches [IP14]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import dictionary
from deepmix.reference.types import Status
from tests.laws.helpers import close
from tests.problems import generators

sparsities = st.floats(0.05, 1)


@given(rng=generators, side=st.integers(1, 4))
def test_ip14_patches_and_their_adjoint(rng, side):
    image = rng.normal(size=(5, 6))
    found = dictionary.patches(image, side)
    h, w = 6 - side, 7 - side
    assert found.shape == (h * w, side**2)
    for number, (row, column) in enumerate(np.ndindex(h, w)):
        np.testing.assert_array_equal(found[number], image[row : row + side, column : column + side].ravel())
    pieces = rng.normal(size=found.shape)
    close(np.vdot(found, pieces), np.vdot(image, dictionary.assemble(pieces, image, side)), 1e-12, scale=10)
    counts = dictionary.assemble(np.ones(found.shape), image, side)
    close(dictionary.assemble(found, image, side), counts * image)
    assert counts[0, 0] == 1


@given(rng=generators, sparsity=sparsities)
def test_ip14_no_step_raises_the_objective(rng, sparsity):
    """And no atom is longer than 1."""
    image, atoms = rng.normal(size=(6, 5)), rng.normal(size=(4, 9))
    found = dictionary.denoise(image, atoms, 0.5, sparsity, n_code_steps=3, tol=-1, max_iter=6)
    assert (np.diff(found.history) <= 1e-12 * found.history[0]).all()
    assert (np.linalg.norm(found.atoms, axis=1) <= 1 + 1e-12).all()
    assert found.value == found.history[-1]
    assert found.status is Status.max_steps
    assert found._fields[:4] == ("value", "history", "status", "degenerate")


@given(rng=generators)
def test_ip14_an_atom_is_the_best_for_the_others(rng):
    """The last one of a pass: no other of length ≤ 1 fits better."""
    atoms, codes, signals = (rng.normal(size=shape) for shape in ((3, 4), (9, 3), (9, 4)))
    found = dictionary.renew(atoms, codes, signals)

    def misfit(last):
        return np.linalg.norm(signals - codes @ np.concatenate([found[:-1], [last]]))

    for size in (0.01, 0.3, 1):
        other = found[-1] + size * rng.normal(size=4)
        assert misfit(found[-1]) <= misfit(other / max(1, np.linalg.norm(other))) + 1e-12


@given(rng=generators)
def test_ip14_an_atom_that_nobody_takes_stays(rng):
    atoms, codes = rng.normal(size=(3, 4)), rng.normal(size=(9, 3)) * (np.arange(3) != 1)
    np.testing.assert_array_equal(dictionary.renew(atoms, codes, rng.normal(size=(9, 4)))[1], atoms[1])


@given(rng=generators)
def test_ip14_the_image_is_between_its_data_and_its_patches(rng):
    """With λ large it is y; where κ is too large for any code, λy/(λ + count), and no atom is taken."""
    image, atoms = rng.normal(size=(5, 5)), rng.normal(size=(3, 4))
    close(dictionary.denoise(image, atoms, 1e9, 0.1, max_iter=2).image, image, 1e-6)
    nothing = dictionary.denoise(image, atoms, 2.0, 1e3, max_iter=2)
    counts = dictionary.assemble(np.ones((16, 4)), image, 2)
    close(nothing.image, 2 * image / (2 + counts))
    assert nothing.degenerate.all()


def test_ip14_codes_of_one_atom_by_hand():
    """Of patches that are multiples of an atom of length 1: the multiples, shrunk by κ."""
    atom = np.full((1, 4), 0.5)
    image = np.full((3, 3), 2.0)
    state = dictionary.step(dictionary.begin(atom, image, 1.0, 0.3), image, 1.0, 0.3)
    close(state.codes, np.full((4, 1), 4 - 0.3))
    close(state.atoms, atom)
    counts = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    close(state.image, (2 + counts * (4 - 0.3) / 2) / (1 + counts))


def test_ip14_what_cannot_be_cut_is_refused():
    for image, atoms in (
        (np.zeros((4, 4)), np.zeros((2, 5))),
        (np.zeros((4, 4)), np.zeros((2, 25))),
        (np.zeros((4, 4)), np.zeros(4)),
    ):
        with pytest.raises(ValueError, match=r"no squares that fit into an image of shape \(4, 4\)"):
            dictionary.denoise(image, atoms, 1.0, 1.0)
    with pytest.raises(ValueError, match="image must be real"):
        dictionary.denoise(np.zeros((4, 4), complex), np.zeros((2, 4)), 1.0, 1.0)
