"""Mistakes in `inverse.proximal`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "hard thresholding",
        "np.where(size > threshold, (size - threshold) / np.where(size > 0, size, 1), 0)",
        "np.where(size > threshold, 1, 0)",
        "inverse.proximal.soft_threshold/real",
    ),
    Mistake(
        "real and imaginary parts are thresholded apart",
        "    size = np.abs(array)\n    return array",
        "    if np.iscomplexobj(array):\n"
        "        return soft_threshold(array.real, threshold) + 1j * soft_threshold(array.imag, threshold)\n"
        "    size = np.abs(array)\n    return array",
        "inverse.proximal.soft_threshold/complex",
    ),
    Mistake(
        "every vector is brought to the sphere",
        "np.where(size > radius, radius / np.where(size > 0, size, 1), 1)",
        "(radius / np.where(size > 0, size, 1))",
        "inverse.proximal.project_balls/real",
    ),
)
