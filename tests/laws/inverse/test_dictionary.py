"""Laws of dictionaries of patches [IP14]."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from deepmix.reference.inverse import dictionary, half_quadratic, penalties, proximal, proximal_gradient
from deepmix.reference.inverse.operators import forward
from deepmix.reference.inverse.records import Blur, Fourier, Identity, Inpaint, SparsePatches
from deepmix.reference.types import Status
from tests.laws.helpers import check_gradient, close
from tests.problems import generators
from tests.problems.inverse import draw_array

sparsities = st.floats(0.05, 1)
steps = st.floats(0.05, 2)
few = settings(max_examples=5)
HADAMARD = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]) / 2


def well_conditioned(rng, is_complex=False):
    """Three atoms of 2 × 2 pixels, whose singular values lie between 1/2 and 3/2."""
    u, _, vh = np.linalg.svd(draw_array(rng, (3, 4), is_complex), full_matrices=False)
    return u * rng.uniform(0.5, 1.5, 3) @ vh


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


def test_ip6_ip14_the_penalty_of_one_atom_by_hand():
    """Patches of the constant 2 are 4 times the atom: codes 4 − κ leave κ of it, hence 4(½κ² + κ(4 − κ))."""
    penalty = SparsePatches(atoms=np.full((1, 4), 0.5), sparsity=0.3, n_code_steps=1)
    image = np.full((3, 3), 2.0)
    assert penalties.value(penalty, image) == pytest.approx(4 * (0.3**2 / 2 + 0.3 * 3.7))
    counts = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    close(penalties.gradient(penalty, image), 0.5 * 0.3 * counts)
    assert penalties.value(penalty._replace(sparsity=4.0), image) == pytest.approx(4 * 4**2 / 2)  # all codes are 0


@given(rng=generators, sparsity=sparsities, is_complex=st.booleans())
def test_ip6_ip14_over_orthonormal_atoms_codes_are_soft_thresholds(rng, sparsity, is_complex):
    """After one step: of c = PxD* it is Huber's function, ½|c|² below κ, κ|c| − ½κ² beyond."""
    image = draw_array(rng, (4, 5), is_complex)
    coded = dictionary.encode(image, HADAMARD, sparsity, max_iter=1)
    true = dictionary.patches(image, 2) @ HADAMARD.T
    close(coded.codes, proximal.soft_threshold(true, sparsity))
    size = np.abs(true)
    close(coded.value, np.where(size < sparsity, size**2 / 2, sparsity * size - sparsity**2 / 2).sum())
    pieces = proximal.project_discs(true, sparsity) @ HADAMARD
    close(coded.slope, dictionary.assemble(pieces, image, 2), scale=1)
    close(coded.image, image)


@given(rng=generators, sparsity=sparsities, step=steps)
def test_ip6_ip14_a_single_patch_over_orthonormal_atoms_is_moved_by_hand(rng, sparsity, step):
    """The proximal map of Huber's function: c/(1 + τ) if that is at most κ, else c − τκ sign c."""
    image, atoms = draw_array(rng, (3, 3)), np.linalg.qr(rng.normal(size=(9, 9)))[0]
    coefficients = atoms @ image.ravel()
    moved = np.where(
        np.abs(coefficients) <= sparsity * (1 + step),
        coefficients / (1 + step),
        coefficients - step * sparsity * np.sign(coefficients),
    )
    penalty = SparsePatches(atoms=atoms, sparsity=sparsity)
    found = penalties.prox(penalty, image, step, tol=1e-13, max_iter=1000)
    close(found, (moved @ atoms).reshape(3, 3), 1e-9)


@given(rng=generators, sparsity=sparsities, step=st.just(0.0) | steps, n=st.integers(1, 12))
def test_ip14_no_code_is_worse_than_none(rng, sparsity, step, n):
    """And the value is that of the codes, the slope that of the image at them."""
    image, atoms = draw_array(rng, (4, 5)), draw_array(rng, (6, 4))
    nothing = dictionary.encode(image, atoms, sparsity, step, max_iter=0)
    assert not nothing.codes.any()
    found = dictionary.encode(image, atoms, sparsity, step, max_iter=n)
    assert found.value <= nothing.value * (1 + 1e-12)
    close(found.image, image - step * found.slope)
    left = dictionary.patches(found.image, 2) - found.codes @ atoms
    close(found.slope, dictionary.assemble(left, image, 2), 1e-9)
    objective = dictionary.objective(found.codes, found.image, atoms, sparsity)
    close(objective, np.linalg.norm(left) ** 2 / 2 + sparsity * np.abs(found.codes).sum())
    close(found.value, objective + step * np.linalg.norm(found.slope) ** 2 / 2)


@few
@given(rng=generators, sparsity=sparsities, step=st.just(0.0) | steps)
def test_ip6_ip14_another_method_finds_the_same_least_value(rng, sparsity, step):
    """A quasi-Newton method on the image and on positive and negative parts of the codes."""
    image, atoms = draw_array(rng, (3, 4)), draw_array(rng, (5, 4))
    n = 6 * 5

    def parts(unknown):
        codes = (unknown[:n] - unknown[n : 2 * n]).reshape(6, 5)
        return codes, image + np.sqrt(step) * unknown[2 * n :].reshape(3, 4)

    def cost(unknown):
        codes, near = parts(unknown)
        left = dictionary.patches(near, 2) - codes @ atoms
        away = unknown[2 * n :]
        of_codes = -(left @ atoms.T).ravel()
        of_image = away + np.sqrt(step) * dictionary.assemble(left, image, 2).ravel()
        value = (left**2).sum() / 2 + sparsity * unknown[: 2 * n].sum() + away @ away / 2
        return value, np.concatenate([of_codes + sparsity, sparsity - of_codes, of_image])

    bounds = [(0, None)] * (2 * n) + [(None, None)] * 12
    options = {"maxiter": 10000, "maxfun": 100000, "ftol": 1e-15, "gtol": 1e-10}
    best = minimize(cost, np.zeros(2 * n + 12), jac=True, bounds=bounds, options=options)
    found = dictionary.encode(image, atoms, sparsity, step, tol=1e-12, max_iter=5000)
    close(found.value, best.fun, 1e-7)
    close(found.image, parts(best.x)[1], 1e-3, scale=1)


@few
@given(rng=generators, sparsity=sparsities, is_complex=st.booleans())
def test_ip6_ip14_the_gradient_is_that_of_the_value(rng, sparsity, is_complex):
    image = draw_array(rng, (4, 4))
    penalty = SparsePatches(atoms=well_conditioned(rng, is_complex), sparsity=sparsity)
    check_gradient(lambda x: penalties.value(penalty, x), image, penalties.gradient(penalty, image).real, rng)


@given(rng=generators, sparsity=sparsities, share=st.floats(0, 1))
def test_ip6_ip14_the_penalty_is_convex(rng, sparsity, share):
    one, other = draw_array(rng, (4, 4)), draw_array(rng, (4, 4))
    penalty = SparsePatches(atoms=well_conditioned(rng), sparsity=sparsity)
    between = penalties.value(penalty, share * one + (1 - share) * other)
    ends = share * penalties.value(penalty, one) + (1 - share) * penalties.value(penalty, other)
    assert between <= ends + 1e-10


@few
@given(rng=generators)
def test_ip6_ip14_one_step_from_codes_0_is_not_enough_over_other_atoms(rng):
    """More steps come closer to the minimum, from above."""
    image, atoms = draw_array(rng, (4, 4)), draw_array(rng, (6, 4))
    penalty = SparsePatches(atoms=atoms, sparsity=0.2)
    values = [penalties.value(penalty._replace(n_code_steps=n), image) for n in (1, 10, 200)]
    assert values[0] > values[1] > values[2] - 1e-12


@settings(max_examples=3)
@given(rng=generators, sparsity=sparsities)
def test_ip8_ip11_ip14_solvers_take_sparse_patches(rng, sparsity):
    """Of an image itself it is the proximal map; of lost pixels and blurs the objective never rises."""
    image = draw_array(rng, (4, 4))
    penalty = SparsePatches(atoms=well_conditioned(rng), sparsity=sparsity, n_code_steps=30)
    exact = penalties.prox(penalty, image, 0.3, tol=1e-9, max_iter=1000)
    found = proximal_gradient.reconstruct(Identity(), image, penalty, 0.3)
    close(found.image, exact, 1e-3, scale=1)
    for operator in (Inpaint(mask=(rng.random((4, 4)) < 0.7) * 1.0), Blur(kernel=np.array([[0.3, 0.6, 0.1]]))):
        data = forward(operator, image)
        found = proximal_gradient.reconstruct(operator, data, penalty, 0.1, accelerate=False, tol=-1, max_iter=8)
        assert (np.diff(found.history) <= 1e-6 * found.history[0]).all()
        split = half_quadratic.reconstruct(operator, data, penalty, 0.1, tol=-1, max_iter=40)
        best = proximal_gradient.reconstruct(operator, data, penalty, 0.1, tol=-1, max_iter=40)
        objective = np.linalg.norm(forward(operator, split.image) - data) ** 2 / 2
        objective += 0.1 * penalties.value(penalty, split.image)
        assert best.value * (1 - 1e-3) <= objective <= best.value + 0.1 * best.history[0]


@few
@given(rng=generators)
def test_ip14_complex_images_are_coded_too(rng):
    """A turn of the phase turns codes and image."""
    mask = (rng.random((4, 4)) < 0.7) * 1.0
    data = mask * draw_array(rng, (4, 4), True)
    penalty = SparsePatches(atoms=draw_array(rng, (5, 4)), sparsity=0.2, n_code_steps=20)
    found = proximal_gradient.reconstruct(Fourier(mask=mask), data, penalty, 0.1, tol=-1, max_iter=5)
    turned = proximal_gradient.reconstruct(Fourier(mask=mask), 1j * data, penalty, 0.1, tol=-1, max_iter=5)
    assert np.iscomplexobj(found.image)
    close(turned.image, 1j * found.image, 1e-9)
    close(turned.history, found.history, 1e-9)


@pytest.mark.parametrize("solver", [proximal_gradient, half_quadratic])
def test_ip14_sparse_patches_that_do_not_go_with_the_image_are_refused(solver):
    def solve(image=(4, 4), **fields):
        penalty = SparsePatches(**{"atoms": np.eye(4), "sparsity": 0.1} | fields)
        return solver.reconstruct(Identity(), np.ones(image), penalty, 1.0, max_iter=1)

    for image, atoms in (
        ((4, 4), np.ones((2, 5))),
        ((4, 4), np.eye(25)),
        ((4, 4), np.ones(4)),
        ((4,), np.eye(4)),
        ((4, 4), np.ones((0, 4))),
    ):
        with pytest.raises(ValueError, match=r"no squares that fit into an image of shape \(4,"):
            solve(image, atoms=atoms)
    with pytest.raises(ValueError, match="sparsity must be positive and finite, got 0"):
        solve(sparsity=0.0)
    for steps in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"n_code_steps must be a whole number of at least 1, got {steps}"):
            solve(n_code_steps=steps)
    with pytest.raises(ValueError, match=r"atoms must be an array .*, got a list"):
        solve(atoms=np.eye(4).tolist())
    with pytest.raises(ValueError, match="atoms: 16 of 16"):
        solve(atoms=np.full((4, 4), np.nan))
    with pytest.raises(ValueError, match="complex atoms go with complex images"):
        solve(atoms=1j * np.eye(4))
    assert solve().image.shape == (4, 4)
