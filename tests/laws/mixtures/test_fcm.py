"""Laws of fuzzy C-means [FC]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.mixtures import fcm, initialization
from deepmix.reference.types import Status
from tests.laws.helpers import FEW_STEPS, ONE_STEP, UNIT, close
from tests.problems import generators
from tests.problems.mixtures import FuzzyProblem, fuzzifiers, fuzzy_problems

N_STEPS = 5


def steps(problem: FuzzyProblem, n_steps: int = N_STEPS, **options):
    """Exactly so many rounds."""
    options = {"fuzzifier": problem.fuzzifier, "tol": -1.0, "max_iter": n_steps} | options
    return fcm.fit(problem.pixels, problem.start, problem.weights, **options)


def pairs(problem: FuzzyProblem):
    """Memberships and the centres that they give."""
    nowhere = np.zeros((len(problem.start), len(problem.pixels)))
    arguments = problem.pixels, problem.start, problem.weights, nowhere, problem.fuzzifier
    return problem.start, fcm.centres(*arguments)[0]


@given(problem=fuzzy_problems())
def test_fc1_centres_by_loops(problem):
    u, c = pairs(problem)
    for k in range(len(u)):
        share = [w * u[k, i] ** problem.fuzzifier for i, w in enumerate(problem.weights)]
        expected = sum(s * problem.pixels[:, i] for i, s in enumerate(share)) / sum(share)
        close(c[k], expected, scale=np.abs(problem.pixels).max())


@given(problem=fuzzy_problems())
def test_fc2_memberships_by_loops(problem):
    _, c = pairs(problem)
    found = fcm.memberships(problem.pixels, c, problem.fuzzifier)
    distances = [[np.linalg.norm(x - centre) for x in problem.pixels.T] for centre in c]
    power = 2 / (problem.fuzzifier - 1)
    for i in range(problem.pixels.shape[1]):
        if min(row[i] for row in distances) == 0:
            continue  # the next law
        for j, row in enumerate(distances):
            with np.errstate(over="ignore"):
                expected = 1 / sum(np.float64(row[i] / other[i]) ** power for other in distances)
            # a relative error u of a distance becomes one of u · 2/(m−1)
            assert found[j, i] == pytest.approx(expected, rel=20 * UNIT * power + ONE_STEP, abs=1e-300)


@given(problem=fuzzy_problems(), twins=st.booleans())
def test_fc2_a_pixel_on_a_centre_belongs_to_it_alone(problem, twins):
    """To equal shares to all that lie there."""
    _, c = pairs(problem)
    c = np.array(c)
    c[0] = problem.pixels[:, 3]
    owners = [0]
    if twins and len(c) > 1:
        c[1] = c[0]
        owners = [0, 1]
    expected = np.isin(np.arange(len(c)), owners) / len(owners)
    assert np.array_equal(fcm.memberships(problem.pixels, c, problem.fuzzifier)[:, 3], expected)


@given(fuzzifier=fuzzifiers)
def test_fc2_half_way_between_two_centres_is_a_half(fuzzifier):
    found = fcm.memberships(np.array([[1.0], [2.0]]), np.array([[0.0, 2.0], [2.0, 2.0]]), fuzzifier)
    assert np.array_equal(found, [[0.5], [0.5]])


@given(problem=fuzzy_problems())
def test_fc2_memberships_are_on_the_simplex(problem):
    found = steps(problem).memberships
    assert found.min() >= 0
    close(found.sum(axis=0), np.ones(found.shape[1]))


@given(problem=fuzzy_problems(), rng=generators)
def test_fc_each_half_of_a_round_is_a_minimum_of_j(problem, rng):
    """Of J over the centres for given memberships, and over memberships on the simplex for given centres [FC1]."""
    x, w, m = problem.pixels, problem.weights, problem.fuzzifier
    u, c = pairs(problem)
    moved = c + rng.normal(0, np.abs(x).max() * 10.0 ** rng.uniform(-3, 0), c.shape)
    assert fcm.objective(x, u, c, w, m) <= fcm.objective(x, u, moved, w, m) * (1 + ONE_STEP)
    best = fcm.memberships(x, c, m)
    share = 10.0 ** rng.uniform(-3, 0)
    other = (1 - share) * best + share * rng.dirichlet(np.ones(len(u)), x.shape[1]).T
    assert fcm.objective(x, best, c, w, m) <= fcm.objective(x, other, c, w, m) * (1 + ONE_STEP)


@given(problem=fuzzy_problems())
def test_fc_j_never_increases(problem):
    """A sum of N K non-negative terms has the relative error N K u at most [FC1]."""
    history = steps(problem, 8).history
    assert (np.diff(history) <= problem.start.size * UNIT * history[:-1]).all()


def test_fc_for_m_near_1_it_is_k_means():
    """Lloyd's rounds from the same start, until they settle [FC2]."""
    rng = np.random.default_rng(0)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 60)) for mean in (-2, 0, 3)], axis=1)
    labels = rng.integers(0, 3, pixels.shape[1])
    start = np.equal.outer(np.arange(3), labels).astype(float)
    fit = fcm.fit(pixels, start, fuzzifier=1.001, tol=1e-9, max_iter=200)
    for _ in range(200):
        centres = np.stack([pixels[:, labels == k].mean(axis=1) for k in range(3)])
        labels = ((pixels[:, None] - centres.T[:, :, None]) ** 2).sum(axis=0).argmin(axis=0)
    assert fit.status is Status.converged
    assert np.array_equal(fit.labels, labels)
    close(fit.centres, centres, 1e-3)
    assert fit.partition_coefficient > 0.99


def test_fc1_powers_of_memberships_that_underflow_leave_finite_centres():
    memberships = np.array([[0.1, 0.2, 0.2], [0.9, 0.8, 0.8]])
    found, empty = fcm.centres(np.array([[1.0, 2.0, 4.0]]), memberships, np.ones(3), np.zeros((2, 1)), 2000.0)
    assert np.array_equal(found, [[3.0], [1.0]])
    assert not empty.any()


@given(problem=fuzzy_problems("integers"))
def test_fc_integer_weights_are_copies(problem):
    copies = problem.weights.astype(int)
    repeated = [np.repeat(array, copies, axis=1) for array in (problem.pixels, problem.start)]
    fit = steps(problem)
    other = steps(problem._replace(pixels=repeated[0], start=repeated[1], weights=np.ones(copies.sum())))
    scale = np.abs(problem.pixels).max()
    close(fit.centres, other.centres, FEW_STEPS, scale)
    close(fit.history, other.history, FEW_STEPS)
    close(fit.partition_coefficient, other.partition_coefficient, FEW_STEPS)


@given(problem=fuzzy_problems(), factor=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_fc_shifting_and_scaling_moves_the_centres_with_the_pixels(problem, factor, shift):
    fit, moved = steps(problem), steps(problem._replace(pixels=factor * problem.pixels + shift))
    close(moved.centres, factor * fit.centres + shift, FEW_STEPS, 5 + factor * np.abs(problem.pixels).max())
    close(moved.history, factor**2 * fit.history, FEW_STEPS, factor**2 * fit.history[0] + UNIT)


@given(problem=fuzzy_problems())
def test_fc_fit_is_its_rounds(problem):
    """[FC3]."""
    x, w, m = problem.pixels, problem.weights, problem.fuzzifier
    fit, u, history = steps(problem), problem.start, []
    c = np.zeros((len(u), len(x)))
    for _ in range(N_STEPS):
        c, degenerate = fcm.centres(x, u, w, c, m)
        u = fcm.memberships(x, c, m)
        history.append(fcm.objective(x, u, c, w, m))
    assert np.array_equal(fit.centres, c)
    assert np.array_equal(fit.memberships, u)
    assert np.array_equal(fit.labels, u.argmax(axis=0))
    assert np.array_equal(fit.history, history)
    assert np.array_equal(fit.degenerate, degenerate)
    assert (fit.value, fit.status) == (history[-1], Status.max_steps)
    assert fit.partition_coefficient == fcm.partition_coefficient(u, w)


def test_fc3_stops_when_no_membership_changes_by_tol():
    rng = np.random.default_rng(3)
    pixels = np.concatenate([rng.normal(mean, 1, (2, 30)) for mean in (-2, 2)], axis=1)
    weights = np.r_[np.ones(50), np.zeros(10)]
    start = initialization.random_memberships(2, 60, seed=1)
    fit = fcm.fit(pixels, start, weights, tol=1e-2)
    n = len(fit.history)
    before = [
        fcm.fit(pixels, start, weights, tol=-1.0, max_iter=i).memberships[:, weights > 0] for i in range(1, n + 1)
    ]
    changes = [np.abs(b - a).max() for a, b in zip([start[:, weights > 0], *before], before, strict=False)]
    assert fit.status is Status.converged
    assert n > 3
    assert changes[-1] < 1e-2 <= min(changes[:-1])


def test_fc_a_class_without_a_member_keeps_its_centre():
    pixels, weights = np.array([[0.0, 1.0, 7.0]]), np.array([1.0, 1.0, 0.0])
    u = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    previous = np.array([[3.0], [4.0]])
    found, empty = fcm.centres(pixels, u, weights, previous)
    assert np.array_equal(found, [[0.5], [4.0]])
    assert np.array_equal(empty, [False, True])
    fit = fcm.fit(pixels, np.array([[1.0, 1, 1], [0, 0, 0]]), max_iter=1)
    assert np.array_equal(fit.degenerate, [False, True])
    assert fit.centres[1] == pixels.mean()  # before the first round: the mean of all


def test_fc4_partition_coefficient():
    weights = np.array([1.0, 3.0])
    assert fcm.partition_coefficient(np.eye(2), weights) == 1
    assert fcm.partition_coefficient(np.full((4, 2), 0.25), weights) == 0.25
    assert fcm.partition_coefficient(np.array([[1, 0.5], [0, 0.5]]), weights) == (1 + 3 * 0.5) / 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fuzzifier": 1.0}, "fuzzifier must be greater than 1 and finite, got 1.0"),
        ({"fuzzifier": np.nan}, "fuzzifier must be greater than 1"),
        ({"max_iter": 0}, "max_iter must be at least 1, got 0"),
        ({"start": np.ones((2, 6))}, "those of each pixel must sum to 1"),
        ({"start": np.array([[2.0] * 6, [-1.0] * 6])}, "memberships must not be negative"),
        ({"start": np.full((2, 5), 0.5)}, r"memberships must have the shape \(classes, 6\), got \(2, 5\)"),
        ({"pixels": np.array([[0, 1, 2, 3, 4, np.nan]])}, "channel 0 has 1 NaN or infinite values"),
        ({"weights": np.zeros(6)}, "the mask is empty"),
        ({"start": np.full((7, 6), 1 / 7)}, "n_samples >= n_components"),
    ],
)
def test_fc_bad_input_is_refused(changed, message):
    given = {"pixels": np.arange(6.0)[None], "start": np.full((2, 6), 0.5)} | changed
    with pytest.raises(ValueError, match=message):
        fcm.fit(**given)
