"""Mistakes in `tomography.algebraic`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "rays are not divided by their lengths",
        "weights / np.where(lengths > 0, lengths, 1)",
        "weights",
        "tomography.algebraic.begin/half_a_turn",
    ),
    Mistake(
        "pixels are divided by the lengths of rays without weight too",
        "shares = project_back(np.where(lengths > 0, weights, 0), geometry)",
        "shares = project_back(np.ones_like(weights), geometry)",
        "tomography.algebraic.begin/fan_of_a_turn",
    ),
    Mistake(
        "the step is not relaxed",
        "state.image + relaxation * state.of_pixels",
        "state.image + state.of_pixels",
        "tomography.algebraic.step/half_a_turn_relaxed",
    ),
    Mistake(
        "negative values stay",
        "np.maximum(image, 0) if nonnegative else image",
        "image",
        "tomography.algebraic.reconstruct/not_negative",
    ),
)
