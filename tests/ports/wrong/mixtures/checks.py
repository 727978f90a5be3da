"""Mistakes in `mixtures.checks`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "NaN outside the mask spreads",
        "    if usable.all():\n",
        "    if True:\n",
        "mixtures.gmm.fit/weights_with_zeros",
    ),
    Mistake(
        "NaN inside the mask is accepted",
        "    if bad.any():\n",
        "    if False:\n",
        "mixtures.svgmm.fit/rejects_nan_inside",
    ),
    Mistake(
        "memberships must sum to 1 exactly",
        "atol=1e-3",
        "rtol=0, atol=1e-9",
        "mixtures.fcm.fit/sums_that_are_nearly_1",
    ),
    Mistake(
        "memberships may sum to 0.99",
        "atol=1e-3",
        "atol=1e-1",
        "mixtures.fcm.fit/rejects_sums_of_99_hundredths",
    ),
    Mistake(
        "a field has fewer pixels than classes",
        "flat, n_components)",
        "flat, 1)",
        "mixtures.hmrf.fit/rejects_fewer_pixels_than_classes",
    ),
)
