"""Mistakes in `inverse.wavelets`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the filter is not centred",
        "+ 1 - n_taps // 2) % side",
        ") % side",
        "inverse.wavelets.transform/long_filter",
    ),
    Mistake(
        "every level takes the whole image",
        "corner = tuple(slice(side >> level) for side in image.shape)",
        "corner = tuple(slice(side) for side in image.shape)",
        "inverse.wavelets.transform/two_levels",
    ),
    Mistake(
        "the highs are not mirrored",
        "taps[::-1] * (-1.0)",
        "taps * (-1.0)",
        "inverse.wavelets.transform/row",
    ),
)
