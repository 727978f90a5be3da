"""Mistakes in `evaluation.overlap`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "greedy label matching",
        "rows, columns = linear_sum_assignment(scores, maximize=True)",
        "rows = np.argsort(-scores.max(axis=1))\n"
        "    free = list(range(n_classes))\n"
        "    columns = np.array([free.pop(int(scores[row, free].argmax())) for row in rows[:n_classes]])\n"
        "    rows = rows[:n_classes]",
        "evaluation.overlap.match_classes/the_best_pair_is_no_part_of_the_best_matching",
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
