"""Laws of the Wiener filter [IP5]."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.inverse import deconvolution, fourier, linear
from deepmix.reference.inverse.operators import forward
from deepmix.reference.inverse.records import Blur
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import SHAPES, dense, draw_array


@given(rng=generators, shape=st.sampled_from(SHAPES), noise=st.floats(0.1, 2), power=st.floats(0.5, 2))
def test_ip5_ip4_it_is_tikhonov_with_the_circulant_matrix(rng, shape, noise, power):
    kernel, image = draw_array(rng, (3, 2)), draw_array(rng, shape)
    found = deconvolution.wiener(image, kernel, noise, power)
    matrix = dense(Blur(kernel=kernel), shape)
    close(found.ravel(), linear.tikhonov(matrix, image.ravel(), noise / power), 1e-9)
    assert found.dtype == float


@given(rng=generators, shape=st.sampled_from(SHAPES), is_complex=st.booleans())
def test_ip5_a_spectrum_of_the_image(rng, shape, is_complex):
    """The estimate of least mean error: (Σ⁻¹σ² + K*K) u = K*f, Σ = F*S_uF; a flat spectrum is a number."""
    kernel, image = draw_array(rng, (2, 3), is_complex), draw_array(rng, (2, *shape), is_complex)
    power = rng.uniform(0.5, 2, shape)
    power = power + np.roll(power[::-1, ::-1], [1 - n % 2 for n in shape], (0, 1))  # of a real image
    found = deconvolution.wiener(image, kernel, 0.3, power)
    matrix = dense(Blur(kernel=kernel), shape)
    unit = np.eye(image[0].size).reshape(-1, *shape)
    transform = np.stack([fourier.transform(each, 2).ravel() for each in unit], axis=1)
    left = matrix.conj().T @ matrix + 0.3 * transform.conj().T @ (transform / power.ravel()[:, None])
    for channel, estimate in zip(image, found, strict=True):
        close(estimate.ravel(), np.linalg.solve(left, matrix.conj().T @ channel.ravel()), 1e-9)
    flat = deconvolution.wiener(image, kernel, 0.3, np.full(shape, 1.7))
    close(flat, deconvolution.wiener(image, kernel, 0.3, 1.7))


def test_ip5_without_noise_the_blur_is_undone():
    rng = np.random.default_rng(5)
    kernel, image = np.array([[0.1, 0.6, 0.2]]), rng.normal(size=(4, 6))
    blurred = forward(Blur(kernel=kernel), image)
    close(deconvolution.wiener(blurred, kernel, 1e-12, 1.0), image, 1e-9)
