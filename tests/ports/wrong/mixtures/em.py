"""Mistakes in `mixtures.em`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the NLL is averaged over all pixels",
        "-(weights @ log_likelihood) / weights.sum()",
        "-(weights @ log_likelihood) / weights.size",
        "mixtures.em.mean_nll/weights_with_zeros",
    ),
    Mistake(
        "the parameters returned are those after the NLL",
        "kept = value, degenerate, state",
        "kept = value, degenerate, following",
        "mixtures.gmm.fit/five_steps_diag",
    ),
    Mistake(
        "the NLL reported is that of the iteration before",
        "value=value,",
        "value=history[max(len(history) - 2, 0)],",
        "mixtures.gmm.fit/until_it_settles",
    ),
    Mistake(
        "a rise of the NLL does not end EM",
        "settled = len(history) > 1 and history[-2] - history[-1] < tol",
        "settled = len(history) > 1 and abs(history[-2] - history[-1]) < tol",
        "mixtures.gmm.fit/floor_that_raises_the_nll",
    ),
    Mistake(
        "broken parameters are returned",
        "if status != Status.non_finite or len(history) == 1:",
        "if True:",
        "mixtures.svgmm.fit/class_that_shrinks_to_a_point",
    ),
    Mistake(
        "an iteration too many",
        "settled, len(history) > max_iter)",
        "settled, len(history) > max_iter + 1)",
        "mixtures.gmm.fit/no_step",
    ),
    Mistake(
        "a rise of F does not end the field",
        "settled = len(history) > 1 and history[-2] - history[-1] < tol",
        "settled = len(history) > 1 and abs(history[-2] - history[-1]) < tol",
        "mixtures.hmrf.fit/floor_that_raises_f",
    ),
    Mistake(
        "a fall of 0 is less than a tolerance of 0",
        "history[-2] - history[-1] < tol",
        "history[-2] - history[-1] <= tol",
        "mixtures.gmm.fit/a_tolerance_of_0",
    ),
    Mistake(
        "a fall of 0 is less than a tolerance of 0, Π of each pixel",
        "history[-2] - history[-1] < tol",
        "history[-2] - history[-1] <= tol",
        "mixtures.svgmm.fit/a_tolerance_of_0",
    ),
    Mistake(
        "a fall of 0 is less than a tolerance of 0, F",
        "history[-2] - history[-1] < tol",
        "history[-2] - history[-1] <= tol",
        "mixtures.hmrf.fit/a_tolerance_of_0",
    ),
)
