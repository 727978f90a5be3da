"""Mistakes in `networks.attention`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "scores are not scaled by √d",
        "scale = np.sqrt(keys.shape[1])",
        "scale = 1.0",
        "networks.attention.weights/all",
    ),
    Mistake(
        "scores are scaled by the number of keys",
        "scale = np.sqrt(keys.shape[1])",
        "scale = np.sqrt(keys.shape[0])",
        "networks.attention.weights/all",
    ),
    Mistake(
        "padding takes part in the softmax",
        "there = np.ones(logits.shape[-1], bool) if mask is None else mask",
        "there = np.ones(logits.shape[-1], bool)",
        "networks.attention.pooling/padded",
    ),
    Mistake(
        "the gate has no gradient",
        'slopes["gate"] = dgated * hidden * gate * (1 - gate)',
        'slopes["gate"] = 0 * dgated',
        "networks.attention.pooling/all_gated",
    ),
)
