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
        "(2 * k * free + steps) // (2 * steps)",
        "min(k * max(side // 2, 1), free)",
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
        "steps = -(-free // max(side // 2, 1))",
        "steps = -(-free // max(3 * side // 4, 1))",
        "deep_mixtures.patches.logits/uneven",
    ),
)
