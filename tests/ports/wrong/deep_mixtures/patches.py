"""Mistakes in `deep_mixtures.patches`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a patch makes an M-step of its own",
        "optimization._replace(m_step_every=0)",
        "optimization._replace(m_step_every=1)",
        "deep_mixtures.patches.fit/two_sweeps",
    ),
    Mistake(
        "patches come in row-major order",
        "seen, status = in_turn(boxes(weights > 0, size)), Status.running",
        "seen, status = boxes(weights > 0, size), Status.running",
        "deep_mixtures.patches.fit/two_sweeps",
    ),
    Mistake(
        "the mixture of a sweep is forgotten",
        "state = state._replace(mixture=evaluation.mixture)  # a patch has no say in it",
        "state = state._replace(mixture=mixture)",
        "deep_mixtures.patches.fit/m_steps_over_all_pixels",
    ),
    Mistake(
        "patches without a pixel that counts are averaged too",
        "boxes(weights > 0, size)\n    seen = (",
        "boxes(weights >= 0, size)\n    seen = (",
        "deep_mixtures.patches.logits/where_pixels_count",
    ),
)
