"""Laws of Student distributions [NG2], [NG3]: what is their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.mixtures import gmm, student
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.forms import LEAST_DEGREES
from deepmix.reference.mixtures.records import Mixture, Student
from tests import problems
from tests.laws.helpers import close

STANDARD = Mixture(proportions=np.ones(1), means=np.zeros((1, 1)), covariances=np.ones((1, 1)))
every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)


@every_type
@given(data=st.data())
def test_ng2_ng3_of_many_degrees_it_is_the_gmm(kind, data):
    problem = data.draw(problems.mixtures.em_problems(kind))
    start = Student(**problem.start._asdict(), degrees=np.full(len(problem.start.means), 1e8))
    options = {"covariance_type": kind, "tol": -np.inf, "max_iter": 3}
    expected = gmm.fit(problem.pixels, problem.start, problem.weights, **options)
    found = gmm.fit(problem.pixels, start, problem.weights, family="student_fixed", **options)
    close(found.history, expected.history, 1e-6)
    close(found.mixture[:3], expected.mixture, 1e-6)
    np.testing.assert_array_equal(found.mixture.degrees, 1e8)


@every_type
@given(data=st.data())
def test_ng3_precisions_are_greatest_at_the_mean_and_positive(kind, data):
    problem = data.draw(problems.mixtures.family_problems("student", kind))
    mixture, m = problem.start, len(problem.pixels)
    u = student.precisions(problem.pixels, mixture, kind)
    greatest = (mixture.degrees + m) / mixture.degrees
    assert (u > 0).all()
    assert (u <= greatest[:, None]).all()
    close(np.diag(student.precisions(mixture.means.T, mixture, kind)), greatest)
    far = np.full((m, 1), 1e6)
    assert student.precisions(far, mixture, kind).max() < 1e-6


@given(rng=problems.generators)
def test_ng3_a_pixel_far_away_moves_it_less_than_the_gmm(rng):
    pixels = np.array(rng.normal(size=(1, 60)))
    spoiled = pixels.copy()
    spoiled[0, 0] = 1e6
    heavy = student.of_gaussians(STANDARD)
    for family in ("student", "student_shared", "student_fixed"):
        options = {"family": family, "tol": 1e-4, "max_iter": 50}
        one, other = (gmm.fit(x, heavy, **options).mixture.means[0, 0] for x in (pixels, spoiled))
        assert abs(other - one) < 0.5
    assert gmm.fit(spoiled, STANDARD).mixture.means[0, 0] > 1e4


@given(rng=problems.generators)
def test_ng3_degrees_follow_the_tails_and_stay_within_their_bounds(rng):
    def fitted(pixels, degrees):
        start = student.of_gaussians(STANDARD)._replace(degrees=np.array([degrees]))
        return gmm.fit(pixels, start, family="student", tol=-np.inf, max_iter=40).mixture.degrees[0]

    assert fitted(rng.uniform(-1, 1, (1, 200)), 995.0) == student.GREATEST
    assert fitted(rng.standard_cauchy((1, 400)), student.START) < 3
    assert student.DEGREES["each"](np.array([50.0]), np.ones(1), np.ones(1)) == LEAST_DEGREES


@given(data=st.data())
def test_ng3_shared_degrees_are_one_number_and_fixed_ones_stay(data):
    problem = data.draw(problems.mixtures.family_problems("student", "diag"))
    r = data.draw(problems.mixtures.responsibilities(len(problem.start.means), problem.weights.size))
    sums = student.statistics(problem.pixels, r, problem.weights, problem.start)
    of_each, shared, fixed = (
        student.estimate(sums, problem.floor, problem.start, degrees=word).mixture.degrees
        for word in ("each", "shared", "fixed")
    )
    assert len(set(shared)) == 1
    if len(set(of_each)) > 1:
        assert of_each.min() <= shared[0] <= of_each.max()
    np.testing.assert_array_equal(fixed, problem.start.degrees)
