"""Proportions and what is known of their truth, and every loss."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from deepmix.conformance.drawing import draw_weights, frozen
from tests.problems.drawn import generators, weight_kinds

# Every loss, without and with its options; in float32 and float64 the same numbers.
CLASS_WEIGHTS = frozen(np.array([0.5, 2.5, 1.125]))
LOSSES = (
    ("cross_entropy", {}),
    ("cross_entropy", {"class_weights": CLASS_WEIGHTS}),
    ("cross_entropy", {"reduction": "sum"}),
    ("top_k_cross_entropy", {"threshold": 0.5}),
    ("top_k_cross_entropy", {"threshold": 0.375, "class_weights": CLASS_WEIGHTS, "reduction": "sum"}),
    ("focal", {}),
    ("focal", {"gamma": 0.5, "class_weights": CLASS_WEIGHTS}),
    ("focal", {"gamma": 3.0, "reduction": "sum"}),
    ("tversky", {"alpha": 0.25, "beta": 0.75}),
    ("tversky", {"alpha": 1.0, "beta": 0.0, "smooth": 2.0, "include_background": False, "reduction": "sum"}),
    ("soft_dice", {}),
    ("soft_dice", {"smooth": 1.0, "include_background": False}),
    ("soft_iou", {}),
    ("soft_iou", {"smooth": 1.0, "reduction": "sum"}),
    ("generalised_dice", {}),
    ("generalised_dice", {"include_background": False}),
    ("hausdorff", {}),
    ("hausdorff", {"include_background": False}),
)


class KnownTruth(NamedTuple):
    """What the losses take. proportions, truth: (K, H, W), K = 3. mask: (H, W), some 0."""

    proportions: np.ndarray
    truth: np.ndarray
    mask: np.ndarray


@st.composite
def known_truths(draw, known: float | None = None) -> KnownTruth:
    """Proportions, none of them 0, and a truth; now and then without the last class.

    known: the part of the pixels whose truth is known; drawn, from none to all, if not given.
    """
    rng = draw(generators)
    known = draw(st.sampled_from((0.0, 0.5, 1.0))) if known is None else known
    one_hot = np.moveaxis(np.eye(3)[rng.integers(0, draw(st.sampled_from((2, 3))), (6, 8))], -1, 0)
    proportions = 0.02 + 0.94 * rng.dirichlet(np.ones(3), (6, 8)).transpose(2, 0, 1)
    mask = draw_weights(rng, (6, 8), draw(weight_kinds))
    return KnownTruth(frozen(proportions), frozen(one_hot * (rng.random((6, 8)) < known)), mask)
