"""`deepmix.deconvolve`: the Wiener filter [IP5] for images that do not wrap around."""

import warnings

import numpy as np
import pytest

import deepmix
from deepmix.reconstruction.deconvolution import deconvolve
from deepmix.reference.inverse.deconvolution import wiener
from deepmix.reference.inverse.operators import forward
from deepmix.reference.inverse.records import Blur

EVERY_BACKEND = pytest.mark.parametrize("backend", ["accelerated", "reference"])
KERNEL = np.outer([1, 4, 6, 4, 1], [1, 3, 3, 1]) / (16 * 8)
N, BEYOND = (40, 37), 8  # and so many pixels around, which are blurred into the image


def scene(noise=0.01):
    """What was there, and what was seen of it: bright below, dark above, with a disc in the middle."""
    sides = tuple(n + 2 * BEYOND for n in N)
    y, x = np.indices(sides)
    whole = y / 10 + x / 20 + ((y - 28) ** 2 + (x - 26) ** 2 < 120)
    inside = (slice(BEYOND, -BEYOND),) * 2
    blurred = forward(Blur(kernel=KERNEL), whole)[inside]
    return whole[inside], blurred + noise * np.random.default_rng(3).normal(size=N)


def error(found, true, at):
    return np.sqrt(((found - true)[at] ** 2).mean())


RIM = np.ones(N, bool)
RIM[5:-5, 5:-5] = False


@EVERY_BACKEND
def test_the_rim_does_not_ring_and_the_middle_becomes_sharper(backend):
    true, seen = scene()
    found = deconvolve(seen, KERNEL, noise=0.01, backend=backend)
    assert found.shape == N
    assert error(found, true, ~RIM) < 0.8 * error(seen, true, ~RIM)
    mean = seen.mean()
    wrapped = mean + wiener(seen - mean, KERNEL, 0.01**2, seen.var())
    assert error(found, true, RIM) < 0.2 * error(wrapped, true, RIM)
    given = deconvolve(seen, KERNEL, noise=0.01, power=seen.var(), backend=backend)
    assert error(given, true, RIM) < 0.5 * error(wrapped, true, RIM)


@EVERY_BACKEND
@pytest.mark.parametrize("power", [None, 2.0])
def test_constant_images_stay_constant(backend, power):
    options = {"noise": 0.1, "power": power, "backend": backend}
    for total in (1, 2):
        found = deconvolve(np.full((3, 9, 1), 7.0), total * KERNEL[:, :1] / KERNEL[:, 0].sum(), **options)
        np.testing.assert_allclose(found, 7 / total, rtol=1e-6)
    found = deconvolve(np.full(N, 7.0), KERNEL, noise=0.1, power=power, backend=backend)
    np.testing.assert_allclose(found, 7, rtol=1e-6)


@pytest.mark.parametrize("sides", [(3, 3), (4, 2), (1, 5)])
def test_the_centre_of_a_kernel_is_at_half_its_side(sides):
    """A kernel that is 1 there does nothing, whatever the parity of its sides; channels go each by itself."""
    kernel = np.zeros(sides)
    kernel[tuple(n // 2 for n in sides)] = 1
    image = np.random.default_rng(0).normal(size=(2, 8, 7))
    image = image + np.array([5, 0])[:, None, None]
    np.testing.assert_allclose(deconvolve(image, kernel, noise=1e-6, backend="reference"), image, atol=1e-6)


def test_backends_and_turned_images_agree():
    _, seen = scene()
    found = deconvolve(seen, KERNEL, noise=0.01, backend="reference")
    fast = deconvolve(seen, KERNEL, noise=0.01)
    assert fast.dtype == np.float32
    np.testing.assert_allclose(fast, found, atol=1e-4)
    wave = deconvolve(1j * seen, KERNEL, noise=0.01, backend="reference")
    np.testing.assert_allclose(wave, 1j * found, atol=1e-9)
    np.testing.assert_allclose(deconvolve(9 * seen, KERNEL, noise=0.09, backend="reference"), 9 * found, atol=1e-9)


def test_noise_is_taken_out_and_nothing_but_noise_is_a_constant_image():
    true, seen = scene(noise=1.0)
    found = deconvolve(seen, KERNEL, noise=1.0, backend="reference")
    everywhere = np.ones(N, bool)
    assert error(found, true, everywhere) < 0.5 * error(seen, true, everywhere)
    assert deconvolve(seen, KERNEL, noise=100.0, backend="reference").std() < 1e-3


def test_channels_go_each_by_itself():
    _, seen = scene()
    both = np.stack([seen, 100 * seen + np.random.default_rng(1).normal(size=N)])
    together, apart = (
        deconvolve(both, KERNEL, noise=0.01, power=2.0, backend="reference"),
        [deconvolve(each, KERNEL, noise=0.01, power=2.0, backend="reference") for each in both],
    )
    np.testing.assert_allclose(together, apart)
    with pytest.warns(UserWarning, match="noisier"):
        found = deconvolve(both, KERNEL, noise=0.01, backend="reference")
    np.testing.assert_allclose(found[0], deconvolve(seen, KERNEL, noise=0.01, backend="reference"))


@pytest.mark.parametrize("share", [0.5, 0.2, 0.01])
def test_an_image_noisier_than_it_is_said_to_be_is_told_of(share):
    true, seen = scene()
    with pytest.warns(UserWarning, match=r"noisier than noise=\S+ says, about 0\.0"):
        deconvolve(seen, KERNEL, noise=share * 0.01, backend="reference")
    for more in (1, 2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = deconvolve(seen, KERNEL, noise=more * 0.01, backend="reference")
        assert error(found, true, RIM | ~RIM) < error(seen, true, RIM | ~RIM)


@EVERY_BACKEND
@pytest.mark.parametrize("unit", [1e-24, 1e-3, 1e24])
def test_the_unit_does_not_matter(unit, backend):
    _, seen = scene()
    plain = deconvolve(seen, KERNEL, noise=0.01, backend=backend)
    found = deconvolve(unit * seen, KERNEL, noise=unit * 0.01, backend=backend)
    np.testing.assert_allclose(found / unit, plain, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.full(N, np.nan)}, "image: 1480 of 1480 values are NaN"),
        ({"image": np.ones((0, *N))}, "image must hold numbers, got 0 of dtype float64"),
        ({"image": np.full(N, "a")}, "image must hold numbers, got 1480 of dtype <U1"),
        ({"kernel": np.array([[1.0, np.inf]])}, "kernel: 1 of 2"),
        ({"kernel": np.ones((41, 3))}, r"\(41, 3\) does not fit into an image of shape \(40, 37\)"),
        ({"kernel": np.ones((1, 1, 1))}, "does not fit"),
        ({"kernel": np.array(1.0)}, "does not fit"),
        ({"kernel": np.ones((0, 2))}, "does not fit"),
        ({"kernel": np.array([[1.0, -1.0]])}, "the kernel sums to 0"),
        ({"noise": 0.0}, "noise must be positive"),
        ({"power": -1.0}, "power must be positive"),
        ({"backend": "fortran"}, "backend"),
    ],
)
def test_what_cannot_be_deconvolved_is_refused(change, message):
    given = {"image": np.ones(N), "kernel": KERNEL, "noise": 0.1, "backend": "reference"} | change
    with pytest.raises(ValueError, match=message):
        deepmix.deconvolve(**given)
