"""Both backends: families of distributions, alone and in the mixtures that take one [NG]."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix import accelerated, reference
from deepmix.conformance.drawing_families import draw_of_family, draw_values
from deepmix.reference.mixtures import digamma as digamma_
from deepmix.reference.mixtures.records import Gamma, Poisson
from tests.agreement.mixtures.clusters import assert_same
from tests.problems.mixtures import FAMILY_KINDS, family_problems, responsibilities
from tests.tolerances import STEP, TRAJECTORY, assert_agree, rounded, tolerance

IN_BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
EVERY = pytest.mark.parametrize(("family", "kind"), FAMILY_KINDS)
SHAPE = (2, 3, 60)
ONE = np.ones(1)
N_PIXELS = 150
THREE_STEPS = {"tol": -np.inf, "max_iter": 3}


def in_brief(*quick: str) -> pytest.MarkDecorator:
    """Every family; all but these are slow proofs."""
    slow = [pair if pair[0] in quick else pytest.param(*pair, marks=pytest.mark.thorough) for pair in FAMILY_KINDS]
    return pytest.mark.parametrize(("family", "kind"), slow)


def all_of(package, kind: str, family: str, x, mixture, w, floor, r) -> dict:
    """What a step is made of, in one program."""
    mixtures, maps = package.mixtures, mixture._replace(proportions=r)
    return {
        "log_density": mixtures.families.FAMILIES[family].log_density(x, mixture, kind),
        "posterior": mixtures.gmm.e_step(x, mixture, kind, family),
        "sv_posterior": mixtures.svgmm.e_step(x, maps, kind, family),
        "nll": (mixtures.gmm.nll(x, mixture, w, kind, family), mixtures.svgmm.nll(x, maps, w, kind, family)),
        "m_step": mixtures.gmm.m_step(x, r, w, floor, mixture, kind, family),
        "sv_m_step": mixtures.svgmm.m_step(x, r, w, floor, maps, kind, family),
    }


compiled = {pair: jax.jit(partial(all_of, accelerated, pair[1], pair[0])) for pair in FAMILY_KINDS}
RULES = {"sv_posterior": "posterior", "sv_m_step": "family_m_step", "m_step": "family_m_step", "nll": "posterior"}


@IN_BOTH_DTYPES
@EVERY
@given(data=st.data())
def test_densities_and_steps(family, kind, dtype, data):
    problem = data.draw(family_problems(family, kind, shape=SHAPE))
    r = np.array(data.draw(responsibilities(*SHAPE[1:])))
    if data.draw(st.booleans()):  # an empty class keeps its parameters [G3]
        r[-1] = 0
    given = problem.pixels, problem.start, problem.weights, problem.floor, r
    low, high = rounded(given, dtype)
    actual, expected = compiled[family, kind](*low), all_of(reference, kind, family, *high)
    for name, of_reference in expected.items():
        bound = tolerance(RULES.get(name, name), dtype, STEP)
        assert_agree(actual[name], of_reference, bound, dtype)


NARROW = {
    "student": lambda mixture: mixture._replace(degrees=np.array([1e8, 1e3, 1.0])),
    "gamma": lambda mixture: mixture._replace(shapes=1e4 * mixture.shapes, rates=1e4 * mixture.rates),
    "poisson": lambda mixture: mixture._replace(rates=1e4 * mixture.rates),
}


@pytest.mark.parametrize("family", NARROW)
def test_large_terms_that_cancel_leave_their_digits(family):
    """log Γ of ν, a and counts is up to 10⁹: in float32 nothing would be left of a density."""
    rng = np.random.default_rng(6)
    mixture = NARROW[family](draw_of_family(rng, family, *SHAPE[:2]))
    pixels = draw_values(rng, family, mixture, SHAPE[2])
    (x, low), (x64, high) = rounded((pixels, mixture), np.float32)
    actual = jax.jit(getattr(accelerated.mixtures, family).log_density)(x, low)
    expected = getattr(reference.mixtures, family).log_density(x64, high)
    nearest = expected.max(axis=0)  # the densities that matter: those of a pixel's own class
    np.testing.assert_allclose(actual.max(axis=0), nearest, atol=1e-3)


# Of families whose densities are computed about a mean: pixels far below the means, and the other way round.
FAR = {
    "gamma": (Gamma(proportions=ONE, shapes=np.array([[2.0]]), rates=np.array([[1.0]])), [1e-30, 1e-9, 0.9, 2]),
    "poisson": (Poisson(proportions=ONE, rates=np.array([[1e-12]])), [0.0, 1, 5, 300]),
}


@IN_BOTH_DTYPES
@pytest.mark.parametrize("family", FAR)
def test_what_is_far_below_has_a_finite_density(family, dtype):
    """x/x̄ − 1 rounds to −1 there, whose log1p is −∞."""
    mixture, pixels = FAR[family]
    (x, low), (x64, high) = rounded((np.array([pixels]), mixture), dtype)
    mine, of_reference = getattr(accelerated.mixtures, family), getattr(reference.mixtures, family)
    r = np.ones((1, len(pixels)), dtype)
    for name, more in (("log_density", ()), ("statistics", (r, r[0]))):
        actual, expected = (
            getattr(module, name)(values, *more, given)
            for module, values, given in ((mine, x, low), (of_reference, x64, high))
        )
        for one, other in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)


@IN_BOTH_DTYPES
def test_digamma_and_its_inverse_ng1(dtype):
    y = np.logspace(-3, 6, 400).astype(dtype)
    s = np.logspace(-5, 3, 400).astype(dtype)
    mine = accelerated.mixtures.digamma
    inverse = jax.jit(lambda s: mine.inverse(s, 1e6))
    for actual, expected in (
        (jax.jit(mine.log_minus_digamma)(y), digamma_.log_minus_digamma(y.astype(float))),
        (jax.jit(mine.slope)(y), digamma_.slope(y.astype(float))),
        (inverse(s), digamma_.inverse(s.astype(float), 1e6)),
    ):
        assert np.asarray(actual).dtype == dtype
        np.testing.assert_allclose(actual, expected, rtol=tolerance("digamma", dtype))
    slope = jax.jit(jax.grad(inverse))
    y64 = digamma_.inverse(np.array(0.3), 1e6)
    np.testing.assert_allclose(
        slope(jnp.asarray(0.3, dtype)), 1 / digamma_.slope(y64), rtol=tolerance("digamma", dtype)
    )
    assert slope(jnp.asarray(-0.3, dtype)) == 0


def drawn(family: str, kind: str, n_pixels: int = N_PIXELS) -> tuple:
    """Pixels, a start near them, weights of which some are 0."""
    rng = np.random.default_rng(4)
    start = draw_of_family(rng, family, 2, 3, kind)
    weights = np.where(np.arange(n_pixels) % 7 == 3, 0.0, rng.uniform(0.5, 2, n_pixels))
    return draw_values(rng, family, start, n_pixels, kind), start, weights


def soiled(pixels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NaN, 0 and negative numbers where the weight is 0."""
    result = np.array(pixels)
    result[:, weights == 0] = np.resize([np.nan, 0.0, -5.0], (weights == 0).sum())
    return result


def options_of(family: str, kind: str) -> dict:
    return {"family": family, "covariance_type": kind} | THREE_STEPS


@in_brief("rician_each", "poisson")
def test_a_gmm_fits_alike_whatever_lies_outside(family, kind):
    x, start, w = drawn(family, kind)
    found = accelerated.mixtures.gmm.fit(soiled(x, w), start, w, **options_of(family, kind))
    expected = reference.mixtures.gmm.fit(x, start, w, **options_of(family, kind))
    inside = w > 0
    assert_agree(found.mixture, expected.mixture, TRAJECTORY)
    assert_agree(found.history, expected.history, TRAJECTORY)
    assert_agree(np.asarray(found.responsibilities)[:, inside], expected.responsibilities[:, inside], TRAJECTORY)
    assert found.status is expected.status


@in_brief("gamma", "lognormal")
def test_a_field_and_an_svgmm_fit_alike(family, kind):
    """The grid is no multiple of what images are filled up to."""
    x, start, w = drawn(family, kind, 33 * 7)
    options = options_of(family, kind)
    image, mask = x.reshape(2, 33, 7), w.reshape(33, 7)
    assert_same(
        accelerated.mixtures.hmrf.fit(image, start, mask, **options),
        reference.mixtures.hmrf.fit(image, start, mask, **options),
        TRAJECTORY,
    )
    begun = reference.mixtures.svgmm.begin(x, start, kind, family)
    assert_agree(accelerated.mixtures.svgmm.begin(x, start, kind, family), begun, STEP)
    assert_same(
        accelerated.mixtures.svgmm.fit(x, begun, w, **options),
        reference.mixtures.svgmm.fit(x, begun, w, **options),
        TRAJECTORY,
    )


@in_brief("student", "rician_each")
def test_a_stream_is_the_fit_in_memory(family, kind):
    """Also with values outside the mask that the densities do not know."""
    x, start, w = drawn(family, kind)
    outside = soiled(x, w)
    stream = accelerated.mixtures.gmm.fit_stream(outside, start, w, chunk=64, **options_of(family, kind))
    expected = reference.mixtures.gmm.fit(x, start, w, **options_of(family, kind))
    assert_agree(stream.mixture, expected.mixture, TRAJECTORY)
    assert_agree(stream.history, expected.history, TRAJECTORY)
    inside = w > 0
    np.testing.assert_array_equal(stream.labels[inside], expected.labels[inside])


@in_brief("student_fixed")
def test_a_batch_is_its_images(family, kind):
    both = [drawn(family, kind, n) for n in (N_PIXELS, N_PIXELS)]
    pixels, weights = np.stack([both[0][0], both[1][0][:, ::-1]]), np.stack([both[0][2], np.ones(N_PIXELS)])
    starts = jax.tree.map(lambda *arrays: np.stack(arrays), *(each[1] for each in both))
    found = accelerated.mixtures.gmm.fit_batch(pixels, starts, weights, **options_of(family, kind))
    for b, fit in enumerate(found):
        expected = reference.mixtures.gmm.fit(pixels[b], both[b][1], weights[b], **options_of(family, kind))
        assert_agree(fit.mixture, expected.mixture, TRAJECTORY)
        assert_agree(fit.history, expected.history, TRAJECTORY)


@in_brief("lognormal", "rician")
def test_a_start_is_made_alike(family, kind):
    x, _, w = drawn(family, kind)
    gaussians = reference.mixtures.initialization.kmeans(x, 3, w, covariance_type=kind)
    expected = reference.mixtures.families.begin(x, gaussians, w, kind, family)
    begin = jax.jit(accelerated.mixtures.families.begin, static_argnums=(3, 4))
    assert_agree(begin(x, gaussians, w, kind, family), expected, STEP)
    floor = accelerated.mixtures.families.floor(jnp.asarray(x), jnp.asarray(w), family)
    assert_agree(floor, reference.mixtures.families.floor(x, w, family), STEP)


@pytest.mark.parametrize("family", ["gamma", "poisson", "student"])
def test_a_stream_refuses_what_the_fit_in_memory_refuses(family):
    x, start, _ = drawn(family, "diag")
    bad = np.array(x)
    bad[1, [3, 70]] = -1
    few = start._replace(degrees=start.degrees / 100) if family == "student" else start
    spoiled = (x, few) if family == "student" else (bad, start)
    for (pixels, begin), word in ((spoiled, family), ((x, start), "laplace")):
        messages = []
        for fit in (accelerated.mixtures.gmm.fit, partial(accelerated.mixtures.gmm.fit_stream, chunk=30)):
            with pytest.raises(ValueError) as error:  # noqa: PT011
                fit(pixels, begin, family=word)
            messages.append(str(error.value))
        assert messages[0] == messages[1]
