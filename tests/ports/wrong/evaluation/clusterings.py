"""Mistakes in `evaluation.clusterings`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "pixels without a predicted class are left out",
        "known = truth > 0",
        "known = (truth > 0) & (labels > 0)",
        "evaluation.clusterings.contingency_table/some_without_a_class",
    ),
    Mistake(
        "the Rand index is not adjusted",
        "return (together - by_chance) / ((of_labels + of_truth) / 2 - by_chance)",
        "return 1 - (of_labels + of_truth - 2 * together) / of_all",
        "evaluation.clusterings.adjusted_rand_index/some_without_a_class",
    ),
    Mistake(
        "the mutual information is normalised by the joint entropy",
        "2 - 2 * joint / both",
        "both / joint - 1",
        "evaluation.clusterings.normalized_mutual_information/some_without_a_class",
    ),
)
