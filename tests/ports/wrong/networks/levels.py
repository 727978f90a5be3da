"""Mistakes in `networks.levels`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "an axis twice as coarse is near",
        "near = spacing < 2 * finest",
        "near = spacing <= 2 * finest",
        "networks.levels.plan/twice_as_thick",
    ),
    Mistake(
        "an axis that is too short for halving says what is fine",
        "spacing[long if long.any() else several]",
        "spacing[several]",
        "networks.levels.plan/short_axis_of_fine_spacing",
    ),
    Mistake(
        "half of an odd size is rounded down",
        "np.ceil(size / factor)",
        "size // factor",
        "networks.levels.plan/short_axis",
    ),
    Mistake(
        "a single slice has a kernel of 3",
        "np.where(near & several, 3, kernel)",
        "np.where(near, 3, kernel)",
        "networks.levels.plan/one_slice",
    ),
    Mistake(
        "every axis is halved",
        "factor = np.where(near & long, 2, 1)",
        "factor = np.where(long, 2, 1)",
        "networks.levels.plan/thick_slices",
    ),
)
