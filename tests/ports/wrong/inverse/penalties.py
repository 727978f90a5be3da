"""Mistakes in `inverse.penalties`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the lowest frequencies are thresholded too",
        "np.where(wavelets.details(image, penalty.scaling), soft_threshold(coefficients, step), coefficients)",
        "soft_threshold(coefficients, step)",
        "inverse.penalties.prox/wavelet",
    ),
    Mistake(
        "H1 without the ½",
        "0.5 * (np.abs(differences(x)) ** 2).sum()",
        "(np.abs(differences(x)) ** 2).sum()",
        "inverse.penalties.value/h1",
    ),
    Mistake(
        "the step is left out of a proximal map",
        "image / step, 1 / step",
        "image, 1.0",
        "inverse.penalties.prox/h1",
    ),
    Mistake(
        "the gradient points to the codes' image, not away from it",
        "_coded(penalty, x).slope",
        "-_coded(penalty, x).slope",
        "inverse.penalties.gradient/patches",
    ),
    Mistake(
        "the step is left out of the mean of the image and its patches",
        "about = image, penalty.atoms, penalty.sparsity, step",
        "about = image, penalty.atoms, penalty.sparsity, 1.0",
        "inverse.penalties.prox/patches",
    ),
)
