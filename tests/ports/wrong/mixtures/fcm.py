"""Mistakes in `mixtures.fcm`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "memberships weigh without their power",
        "np.where(empty, 1, highest)[:, None]) ** fuzzifier",
        "np.where(empty, 1, highest)[:, None])",
        "mixtures.fcm.centres/published_fuzzifier",
    ),
    Mistake(
        "the power of distances is that of squared distances",
        "ratio ** (1 / (fuzzifier - 1))",
        "ratio ** (2 / (fuzzifier - 1))",
        "mixtures.fcm.memberships/published_fuzzifier",
    ),
    Mistake(
        "a pixel on a centre belongs to the first class alone",
        "np.where(on_centre.any(axis=0), on_centre, ratio",
        "np.where(on_centre.any(axis=0), on_centre & (on_centre.cumsum(axis=0) == 1), ratio",
        "mixtures.fcm.memberships/pixel_on_two_centres",
    ),
    Mistake(
        "a class without a member has its centre at 0",
        "np.where(empty[:, None], previous, found), empty",
        "found, empty",
        "mixtures.fcm.centres/class_without_a_member",
    ),
    Mistake(
        "J counts memberships, not their powers",
        "(memberships**fuzzifier * squared_distances",
        "(memberships * squared_distances",
        "mixtures.fcm.objective/published_fuzzifier",
    ),
    Mistake(
        "memberships of weight 0 keep the rounds going",
        "np.abs(following - u)[:, w > 0].max()",
        "np.abs(following - u).max()",
        "mixtures.fcm.fit/only_memberships_of_weight_0_change",
    ),
    Mistake(
        "a class without a member starts from the plain mean",
        "(x @ w / w.sum())",
        "x.mean(axis=1)",
        "mixtures.fcm.fit/class_without_a_member_and_weights",
    ),
    Mistake(
        "fewer pixels than classes are taken",
        "weights, len(start))",
        "weights, 1)",
        "mixtures.fcm.fit/rejects_fewer_pixels_than_classes",
    ),
    Mistake(
        "a tolerance of 0 stops where nothing changes",
        "change < tol",
        "change <= tol",
        "mixtures.fcm.fit/a_tolerance_of_0_never_stops",
    ),
)
