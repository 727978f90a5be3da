"""Mistakes in `inverse.finite_differences`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the last difference wraps around",
        "np.concatenate([image, image.take([-1], axis)], axis)",
        "np.concatenate([image, image.take([0], axis)], axis)",
        "inverse.finite_differences.gradient/image",
    ),
    Mistake(
        "the divergence, whose sign is reversed",
        "return -np.sum(",
        "return np.sum(",
        "inverse.finite_differences.adjoint/image",
    ),
)
