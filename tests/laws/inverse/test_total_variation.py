"""Laws of total variation as a denoiser [IP9], [IP6]."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.reference.inverse import finite_differences, total_variation
from deepmix.reference.inverse.total_variation import VARIATIONS
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import draw_array

EVERY = pytest.mark.parametrize("variation", VARIATIONS)
strengths = st.floats(0.05, 2)
few = settings(max_examples=5)


@EVERY
@few
@given(rng=generators, strength=strengths, is_complex=st.booleans())
def test_ip9_the_gap_bounds_the_error(variation, rng, strength, is_complex):
    """½‖x−x*‖² ≤ value − minimum ≤ gap, all along, and the gap becomes small."""
    v = draw_array(rng, (4, 3), is_complex)
    best = total_variation.denoise(v, strength, variation=variation, tol=1e-12, max_iter=2000)
    for steps in (0, 1, 3, 10):
        found = total_variation.denoise(v, strength, variation=variation, tol=-1, max_iter=steps)
        assert found.iterations == steps
        assert found.gap >= -1e-12
        assert 0.5 * np.linalg.norm(found.image - best.image) ** 2 <= found.gap + 1e-6
        assert found.value - best.value <= found.gap + 1e-6
    assert best.gap <= 1e-5 * np.linalg.norm(v) ** 2


@given(a=st.floats(-3, 3), b=st.floats(-3, 3), strength=strengths)
def test_ip9_two_pixels_approach_each_other(a, b, strength):
    """By λ each, until they meet at their mean."""
    found = total_variation.denoise(np.array([a, b]), strength, tol=1e-14, max_iter=3000).image
    step = np.clip((b - a) / 2, -strength, strength)
    close(found, np.array([a + step, b - step]), 1e-4, scale=1)


@EVERY
@few
@given(rng=generators)
def test_ip9_a_strong_pull_makes_everything_its_mean(variation, rng):
    v = draw_array(rng, (4, 3))
    found = total_variation.denoise(v, 100.0, variation=variation, tol=1e-12, max_iter=3000)
    close(found.image, np.full((4, 3), v.mean()), 1e-3, scale=1)
    close(found.image.sum(), v.sum(), 1e-9, scale=1)  # and whatever it does, the sum stays


@EVERY
@few
@given(rng=generators, strength=strengths)
def test_ip9_a_step_is_the_formula(variation, rng, strength):
    """p⁺ = proj(q + ∇(v−λ∇*q)/(4·dims·λ)), from p = q and t = 1: the momentum begins with the second step."""
    v, start = draw_array(rng, (4, 3)), 0.1 * draw_array(rng, (2, 4, 3))
    first = total_variation.step(total_variation.begin(start, v, strength, variation), v, strength, variation)
    back, there = finite_differences.adjoint, finite_differences.gradient
    moved = start + there(v - strength * back(start)) / (8 * strength)
    size = np.abs(moved) if variation == "anisotropic" else np.sqrt((moved**2).sum(axis=0))
    close(first.dual, moved / np.maximum(1, size))
    close(first.image, v - strength * back(first.dual))
    close(first.ahead, first.dual)
    second = total_variation.step(first, v, strength, variation)
    t = (1 + np.sqrt(5)) / 2
    close(first.momentum, t)
    close(second.ahead, second.dual + (t - 1) / second.momentum * (second.dual - first.dual))


@given(rng=generators, strength=strengths)
def test_ip9_flips_and_offsets_go_through(rng, strength):
    """Anisotropic variation follows flips, both follow offsets, and units."""
    v = draw_array(rng, (4, 3))

    def denoised(image, strength, variation="anisotropic"):
        return total_variation.denoise(image, strength, variation=variation, tol=-1, max_iter=30).image

    close(denoised(v[::-1], strength), denoised(v, strength)[::-1], 1e-9)
    close(denoised(v.T, strength, "isotropic"), denoised(v, strength, "isotropic").T, 1e-9)
    close(denoised(v + 7, strength), denoised(v, strength) + 7, 1e-9)
    close(denoised(1000 * v, 1000 * strength), 1000 * denoised(v, strength), 1e-9)


@given(rng=generators)
def test_ip6_the_variations_bound_each_other(rng):
    image = draw_array(rng, (4, 3), True)
    isotropic, anisotropic = (total_variation.value(image, each) for each in ("isotropic", "anisotropic"))
    assert isotropic <= anisotropic + 1e-12
    assert anisotropic <= np.sqrt(2) * isotropic + 1e-12
    assert total_variation.value(image, eps=1e-9) == pytest.approx(isotropic)
    assert total_variation.value(np.full((3, 3), 2.5)) == 0
