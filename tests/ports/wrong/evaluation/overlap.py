"""Mistakes in `evaluation.overlap`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "greedy label matching",
        "scores = next(each for each in alone if _best(each) >= least)",
        "free = (each for each in alone if each[k].argmax() not in scores[:k].argmax(axis=1))\n"
        "        scores = max(free, key=lambda each: each[k].max())",
        "evaluation.overlap.match_classes/the_best_pair_is_no_part_of_the_best_matching",
    ),
    Mistake(
        "the last of several best matchings is taken",
        "for column in range(scores.shape[1])",
        "for column in (*reversed(range(n_classes)), *range(n_classes, scores.shape[1]))",
        "evaluation.overlap.match_classes/all_matchings_are_alike",
    ),
    Mistake(
        "Dice of two empty masks is 0",
        "return part / whole if whole else empty",
        "return part / max(whole, 1)",
        "evaluation.overlap.dice/both_empty",
    ),
    Mistake(
        "pixels without a true class are left out",
        "return _ratio(2 * tp, 2 * tp + fp + fn, empty)",
        "return _ratio(2 * tp, 2 * tp + fn, empty)",
        "evaluation.overlap.dice_matrix/true_zeros_are_false_positives",
    ),
    Mistake(
        "β weighs the precision",
        "beta**2 * fn + fp",
        "fn + beta**2 * fp",
        "evaluation.overlap.f_beta/overlap",
    ),
    Mistake(
        "precision counts what was missed",
        "return _ratio(tp, tp + fp, empty)",
        "return _ratio(tp, tp + fp + fn, empty)",
        "evaluation.overlap.precision/overlap",
    ),
)
