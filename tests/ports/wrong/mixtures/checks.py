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
)
