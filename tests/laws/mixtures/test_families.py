"""Laws of all families of distributions [NG], in the mixtures that take one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from deepmix.conformance.drawing_families import draw_of_family
from deepmix.reference.mixtures import (
    families,
    gamma,
    gaussian,
    gmm,
    hmrf,
    initialization,
    poisson,
    rician,
    student,
    svgmm,
)
from deepmix.reference.mixtures.families import FAMILIES
from deepmix.reference.mixtures.forms import FORMS
from tests import problems
from tests.laws.helpers import FEW_STEPS, check_gradient, close
from tests.laws.mixtures.collapse import collapsed
from tests.laws.mixtures.expected import expected
from tests.problems.mixtures import FAMILY_KINDS, FamilyProblem

every_kind = pytest.mark.parametrize(("family", "kind"), FAMILY_KINDS)
both = pytest.mark.parametrize("algorithm", [gmm, svgmm], ids=["gmm", "svgmm"])
SUMS = {"student": student, "rician": rician, "gamma": gamma, "poisson": poisson}
# The parameters that a family holds.
HELD = {"student_fixed": "degrees", "gamma_fixed": "shapes"}


def start_of(algorithm, problem: FamilyProblem):
    """The problem's start, with Π (K, N) where the algorithm is `svgmm`."""
    return problem.start if algorithm is gmm else svgmm.begin(problem.pixels, problem.start, *problem.words)


def some_responsibilities(problem: FamilyProblem, data) -> np.ndarray:
    return data.draw(problems.mixtures.responsibilities(len(problem.start[1]), problem.weights.size))


def fit(algorithm, problem: FamilyProblem, start=None, **options):
    """Three M-steps."""
    start = start_of(algorithm, problem) if start is None else start
    kind, family = problem.words
    options = {"covariance_type": kind, "family": family, "tol": -np.inf, "max_iter": 3} | options
    return algorithm.fit(problem.pixels, start, problem.weights, **options)


@pytest.mark.parametrize("family", FAMILIES)
@given(rng=problems.generators)
def test_ng_densities_integrate_to_1(family, rng):
    """[NG2], [NG4], [NG6], [NG7], [NG8]."""
    mixture, kind = draw_of_family(rng, family, 1, 2), FAMILIES[family]
    density = lambda x: np.exp(kind.log_density(np.atleast_2d(x), mixture, "diag"))  # noqa: E731
    if FORMS[family].support == "counts":
        total = density(np.arange(500.0)).sum(axis=1)
    else:
        lowest = -np.inf if FORMS[family].support == "real" else 0
        total = [quad(lambda x, k=k: density(x)[k, 0], lowest, np.inf, limit=200)[0] for k in range(2)]
    np.testing.assert_allclose(total, 1, atol=1e-6)


@every_kind
@given(data=st.data())
def test_ng_the_m_step_maximises_its_q(family, kind, data):
    """[NG3], [NG5], [NG6], [NG7], [NG8]: on the way to another mixture of the family Q falls."""
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    x, w, floor = problem.pixels, problem.weights, np.zeros(len(problem.pixels))
    r = some_responsibilities(problem, data)
    best, found = FAMILIES[family].estimate(x, r, w, floor, problem.start, kind)
    assert not found.degenerate.any()
    other = draw_of_family(data.draw(problems.generators), family, *np.shape(best[1])[::-1], kind)
    if family in HELD:
        other = other._replace(**{HELD[family]: getattr(problem.start, HELD[family])})
    reached = expected(x, r, w, problem.start, best, *problem.words)
    for step in (1e-4, 1e-2, 0.3, 1.0):
        between = best._make((1 - step) * one + step * two for one, two in zip(best, other, strict=True))
        elsewhere = expected(x, r, w, problem.start, between, *problem.words)
        assert elsewhere <= reached + 1e-11 * w.sum() * (1 + abs(reached / w.sum()))


@both
@every_kind
@given(data=st.data())
def test_ng_nll_never_increases_without_the_floor(algorithm, family, kind, data):
    """With weights and masks; [NG3] is an ECM, [NG5] an EM."""
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    x, w, floor = problem.pixels, problem.weights, np.zeros(len(problem.pixels))
    mixture = start_of(algorithm, problem)
    before = algorithm.nll(x, mixture, w, *problem.words)
    for _ in range(10):
        gamma, _ = algorithm.e_step(x, mixture, *problem.words)
        mixture, _ = algorithm.m_step(x, gamma, w, floor, mixture, *problem.words)
        densities = FAMILIES[family].log_density(x, mixture, kind)
        if collapsed(densities[:, w > 0], x[:, w > 0]):
            return
        after = algorithm.nll(x, mixture, w, *problem.words)
        assert after <= before + 1e-11 * (1 + np.abs(densities[:, w > 0]).max())
        before = after


@every_kind
@given(data=st.data())
def test_ng_the_field_never_raises_f(family, kind, data):
    """[SV4] with another density."""
    problem = data.draw(problems.mixtures.family_problems(family, kind, shape=(2, 3, 60)))
    image, mask, x = problem.pixels.reshape(2, 6, 10), problem.weights.reshape(6, 10), problem.pixels
    options = {"covariance_type": kind, "family": family, "tol": -np.inf, "floor": np.zeros(2)}
    before = np.inf
    for max_iter in range(6):
        fitted = hmrf.fit(image, problem.start, mask, **options, max_iter=max_iter)
        if collapsed(FAMILIES[family].log_density(x, fitted.mixture, kind), x):
            return
        assert fitted.value <= before + 1e-9 * (1 + abs(fitted.value))
        before = fitted.value


@both
@every_kind
@given(data=st.data())
def test_ng_a_fit_returns_what_its_nll_belongs_to(algorithm, family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    fitted = fit(algorithm, problem)
    assert type(fitted.mixture) is FORMS[family].record
    assert fitted.value == fitted.history[-1]
    close(fitted.value, algorithm.nll(problem.pixels, fitted.mixture, problem.weights, *problem.words))
    gamma, _ = algorithm.e_step(problem.pixels, fitted.mixture, *problem.words)
    close(fitted.responsibilities, gamma)
    close(gamma.sum(axis=0), np.ones(problem.weights.size))


# The record for pixels c x, from that for x.
SCALED = {
    "student": lambda m, c: m._replace(means=c * m.means, covariances=c**2 * m.covariances),
    "rician": lambda m, c: m._replace(signals=c * m.signals, variances=c**2 * m.variances),
    "gamma": lambda m, c: m._replace(rates=m.rates / c),
    "lognormal": lambda m, c: m._replace(means=m.means + np.log(c)),
}


@pytest.mark.parametrize(("family", "kind"), [pair for pair in FAMILY_KINDS if pair[0] != "poisson"])
@given(data=st.data(), exponent=st.floats(-3, 3))
def test_ng_g3_scaling_the_pixels_scales_the_fit(family, kind, data, exponent):
    """x → c x: γ stays, NLL → NLL + M log c; the floor of [G3] included."""
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    c, scaled = 10**exponent, SCALED[family.partition("_")[0]]
    elsewhere = problem._replace(pixels=c * problem.pixels, start=scaled(problem.start, c))
    one, other = fit(gmm, problem), fit(gmm, elsewhere)
    close(other.responsibilities, one.responsibilities, FEW_STEPS)
    for found, wanted in zip(other.mixture, scaled(one.mixture, c), strict=True):
        close(found, wanted, FEW_STEPS, scale=np.abs(wanted).max() + abs(np.log(c)) * (family == "lognormal"))
    shift = len(problem.pixels) * np.log(c)
    np.testing.assert_allclose(other.history, one.history + shift, atol=FEW_STEPS * (1 + abs(shift)))


@both
@every_kind
@given(data=st.data())
def test_ng_integer_weights_are_copies(algorithm, family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind, weights="integers"))
    copies = problem.weights.astype(int)
    repeated = problem._replace(pixels=problem.pixels.repeat(copies, axis=1), weights=None)
    one, other = fit(algorithm, problem), fit(algorithm, repeated)
    close(other.mixture[1:], one.mixture[1:], FEW_STEPS)
    close(other.history, one.history, FEW_STEPS)


@pytest.mark.parametrize("name", SUMS)
@given(data=st.data())
def test_ng_statistics_of_two_halves_add_up(name, data):
    """[NG3], [NG5], [NG6], [NG8]: they are sums over pixels about the parameters of before."""
    problem = data.draw(problems.mixtures.family_problems(name, "diag"))
    x, r, w = problem.pixels, some_responsibilities(problem, data), problem.weights
    half = w.size // 2
    whole, one, other = (
        SUMS[name].statistics(x[:, part], r[:, part], w[part], problem.start)
        for part in (slice(None), slice(half), slice(half, None))
    )
    for total, a, b in zip(whole, one, other, strict=True):
        close(a + b, total, scale=np.abs(a).max() + np.abs(b).max())


@every_kind
@given(data=st.data())
def test_ng_g3_a_class_without_pixels_keeps_its_parameters_and_is_named(family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    r = np.array(some_responsibilities(problem, data))
    r[-1] = 0
    arguments = problem.pixels, r, problem.weights, problem.floor, problem.start
    mixture, found = gmm.m_step(*arguments, *problem.words)
    np.testing.assert_array_equal(found.degenerate, np.arange(len(r)) == len(r) - 1)
    assert mixture.proportions[-1] == 0
    pooled = {"tied": ("covariances",)}.get(kind, ()) + {
        "rician": ("variances",),
        "student_shared": ("degrees",),
    }.get(family, ())
    for name in mixture._fields[1:]:
        if name not in pooled:
            close(getattr(mixture, name)[-1], getattr(problem.start, name)[-1])
    assert all(np.isfinite(array).all() for array in mixture)


@every_kind
@given(data=st.data())
def test_ng_begin_is_one_m_step_with_the_posteriors_of_a_gmm(family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    start = initialization.kmeans(problem.pixels, 2, problem.weights, covariance_type=kind)
    begun = families.begin(problem.pixels, start, problem.weights, *problem.words)
    r, _ = gmm.e_step(problem.pixels, start, kind)
    first = FAMILIES[family].of_gaussians(start, kind)
    mixture, _ = FAMILIES[family].estimate(problem.pixels, r, problem.weights, problem.floor, first, kind)
    close(begun, mixture)
    assert type(begun) is FORMS[family].record
    np.testing.assert_array_equal(begun.proportions, start.proportions)
    assert np.isfinite(gmm.nll(problem.pixels, begun, problem.weights, *problem.words))


@every_kind
@given(data=st.data())
def test_ng10_gradient_of_the_log_density(family, kind, data):
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    cotangent = data.draw(problems.generators).normal(size=(len(problem.start[1]), problem.weights.size))
    gradients = FAMILIES[family].log_density_pullback(problem.pixels, problem.start, cotangent, kind)
    names = problem.start._fields[1 : 1 + len(gradients)]

    def value(parameters) -> float:
        mixture = problem.start._replace(**parameters)
        return float((FAMILIES[family].log_density(problem.pixels, mixture, kind) * cotangent).sum())

    at = {name: getattr(problem.start, name) for name in names}
    check_gradient(value, at, dict(zip(names, gradients, strict=True)), *direction(data, at))


@every_kind
@given(data=st.data())
def test_ng10_gradient_of_the_estimate(family, kind, data):
    """At r, with u and A of the previous parameters, and ν of a Student constant."""
    problem = data.draw(problems.mixtures.family_problems(family, kind))
    r, rng = some_responsibilities(problem, data), data.draw(problems.generators)
    around = problem.weights, problem.floor
    mixture, found = FAMILIES[family].estimate(problem.pixels, r, *around, problem.start, kind)
    parameters = mixture[1:3] if len(mixture) > 2 else mixture[1:]
    gradients = tuple(_symmetric(rng.normal(size=array.shape), kind) for array in parameters)

    def value(r: np.ndarray) -> float:
        mixture, _ = FAMILIES[family].estimate(problem.pixels, r, *around, problem.start, kind)
        return sum(float((array * c).sum()) for array, c in zip(mixture[1:], gradients, strict=False))

    gradient = FAMILIES[family].estimate_pullback(
        problem.pixels, r, *around, found, problem.start, gradients, kind
    )
    check_gradient(value, r, gradient, rng)


def direction(data, at) -> tuple:
    """A generator, and a direction in which covariances stay symmetric."""
    rng = data.draw(problems.generators)
    drawn = {name: rng.normal(size=np.shape(array)) for name, array in at.items()}
    return rng, {name: _symmetric(array, "full") for name, array in drawn.items()}


def _symmetric(array: np.ndarray, kind: str) -> np.ndarray:
    square = array.ndim > 1 and array.shape[-1] == array.shape[-2] and kind in ("full", "tied")
    return array + array.swapaxes(-1, -2) if square else array


@given(data=st.data())
def test_ng_gaussian_through_the_table_is_the_gaussian(data):
    kind = data.draw(problems.mixtures.covariance_types)
    problem = data.draw(problems.mixtures.em_problems(kind))
    x, start, w, floor, _ = problem
    r = data.draw(problems.mixtures.responsibilities(len(start.means), w.size))
    family = FAMILIES["gaussian"]
    close(family.log_density(x, start, kind), gaussian.log_density(x, start.means, start.covariances, kind), 0)
    mixture, found = family.estimate(x, r, w, floor, start, kind)
    close(found, gaussian.moments(x, r, w, floor, start, kind), 0)
    close(mixture[1:], (found.means, found.covariances), 0)
    assert family.of_gaussians(start, kind) is start
    options = {"covariance_type": kind, "max_iter": 2}
    close(gmm.fit(x, start, w, family="gaussian", **options).mixture, gmm.fit(x, start, w, **options).mixture, 0)
