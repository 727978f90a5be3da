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
)
