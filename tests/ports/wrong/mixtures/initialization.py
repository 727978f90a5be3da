"""Mistakes in `mixtures.initialization`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "plain k-means++, not greedy",
        "best = (left @ weights).argmin()",
        "best = 0",
        "mixtures.initialization.kmeans/diag",
    ),
    Mistake(
        "a uniform number of 0 draws a pixel of weight 0",
        'side="right"',
        'side="left"',
        "mixtures.initialization.kmeans/uniforms_of_0_where_the_weight_is_0",
    ),
    Mistake(
        "pixels half-way between two centres go to the last",
        "previous, labels = labels, fcm.squared_distances(scaled, centres.T).argmin(axis=0)",
        "previous, labels = labels, n_components - 1 "
        "- fcm.squared_distances(scaled, centres.T)[::-1].argmin(axis=0)",
        "mixtures.initialization.kmeans/pixels_half_way_between_centres",
    ),
    Mistake(
        "the last of the best candidates is taken",
        "best = (left @ weights).argmin()",
        "best = len(left) - 1 - (left @ weights)[::-1].argmin()",
        "mixtures.initialization.kmeans/candidates_that_leave_the_same",
    ),
    Mistake(
        "pixels half-way between two means go to the last",
        "    labels = fcm.squared_distances(scaled, centres.T).argmin(axis=0)\n    return",
        "    labels = len(means) - 1 - fcm.squared_distances(scaled, centres.T)[::-1].argmin(axis=0)\n    return",
        "mixtures.initialization.from_means/pixels_half_way_between_means",
    ),
)
