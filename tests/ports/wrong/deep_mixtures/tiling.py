"""Mistakes in `deep_mixtures.tiling`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "all pixels of a patch weigh the same",
        "of_patch = weights(maps.shape[1:]).astype(dtype)",
        "of_patch = np.ones(maps.shape[1:], dtype)",
        "deep_mixtures.patches.logits/even",
    ),
    Mistake(
        "patches are half a patch apart, and the last is moved back to the rim",
        "np.linspace(0, extent - side, steps + 1).round()",
        "np.minimum(np.arange(steps + 1) * max(side // 2, 1), extent - side)",
        "deep_mixtures.patches.logits/oblong",
    ),
    Mistake(
        "the weights are as wide along every axis",
        "* SHARPNESS / side",
        "* SHARPNESS / min(size)",
        "deep_mixtures.patches.logits/oblong",
    ),
    Mistake(
        "patches overlap by a quarter",
        "steps = -(-(extent - side) // max(side // 2, 1))",
        "steps = -(-(extent - side) // max(3 * side // 4, 1))",
        "deep_mixtures.patches.logits/uneven",
    ),
)
