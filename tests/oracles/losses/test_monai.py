"""The segmentation losses against MONAI and PyTorch, where definitions are the same: all classes in the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepmix.reference.losses import segmentation
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.losses import CLASS_WEIGHTS, KnownTruth

torch = pytest.importorskip("torch")
monai = pytest.importorskip("monai.losses")

pytestmark = pytest.mark.oracles
SINGLE = 1e-5  # MONAI's focal loss and distances are in float32
reductions = st.sampled_from(("mean", "sum"))
backgrounds = st.booleans()


def draw(rng) -> KnownTruth:
    """A truth in blobs, known everywhere, with all classes."""
    labels = np.repeat(np.repeat(rng.permutation(np.arange(12) % 3).reshape(3, 4), 3, axis=0), 2, axis=1)
    proportions = np.moveaxis(rng.dirichlet(np.ones(3), (9, 8)), -1, 0).copy()
    return KnownTruth(proportions, np.moveaxis(np.eye(3)[labels], -1, 0), np.ones((9, 8)))


def agrees(actual, function, known, rtol=1e-11) -> None:
    """Value and gradient are those of a function of PyTorch."""
    proportions = torch.tensor(known.proportions, requires_grad=True)
    value = function(proportions[None], torch.tensor(known.truth)[None])
    value.backward()
    close(actual, (value.item(), proportions.grad.numpy()), rtol)


@given(rng=generators, reduction=reductions, share=st.sampled_from((0.5, 1.0)))
def test_lo1_weighted_cross_entropy(rng, reduction, share):
    """PyTorch's `nll_loss`; −100 marks what is not known."""
    known = draw(rng)
    known = known._replace(truth=known.truth * (rng.random((9, 8)) < share))
    labels = np.where(known.truth.any(axis=0), known.truth.argmax(axis=0), -100)
    options = {"weight": torch.tensor(CLASS_WEIGHTS), "reduction": reduction}

    def expected(proportions, truth):
        return torch.nn.functional.nll_loss(torch.log(proportions), torch.tensor(labels)[None], **options)

    actual = segmentation.cross_entropy(*known, class_weights=CLASS_WEIGHTS, reduction=reduction)
    agrees(actual, expected, known)


@given(rng=generators, gamma=st.sampled_from((0.5, 2.0)))
def test_lo3_focal(rng, gamma):
    """MONAI's "sum" is the mean over the pixels; it takes logits, whose softmax Π is."""
    known = draw(rng)
    function = monai.FocalLoss(gamma=gamma, weight=list(CLASS_WEIGHTS), use_softmax=True, reduction="sum")
    actual, _ = segmentation.focal(*known, gamma=gamma, class_weights=CLASS_WEIGHTS, reduction="sum")
    logits, truth = torch.log(torch.tensor(known.proportions)), torch.tensor(known.truth)
    close(actual / 72, function(logits[None], truth[None]).item(), SINGLE)


@given(rng=generators, reduction=reductions, background=backgrounds, smooth=st.sampled_from((0.0, 1.5)))
def test_lo4_tversky(rng, reduction, background, smooth):
    known = draw(rng)
    function = monai.TverskyLoss(
        background, alpha=0.3, beta=0.7, reduction=reduction, smooth_nr=smooth, smooth_dr=smooth
    )
    options = {"smooth": smooth, "include_background": background, "reduction": reduction}
    agrees(segmentation.tversky(*known, alpha=0.3, beta=0.7, **options), function, known)


@pytest.mark.parametrize("jaccard", [False, True])
@given(rng=generators, reduction=reductions, background=backgrounds, smooth=st.sampled_from((0.0, 1.5)))
def test_lo5_dice_and_iou(jaccard, rng, reduction, background, smooth):
    """MONAI smooths 2 TP / 2 (TP + FP + FN): with twice as many pixels."""
    known = draw(rng)
    smoothed = {"smooth_nr": smooth, "smooth_dr": smooth}
    function = monai.DiceLoss(background, jaccard=jaccard, reduction=reduction, **smoothed)
    options = {"include_background": background, "reduction": reduction}
    if jaccard:
        actual = segmentation.soft_iou(*known, smooth=smooth / 2, **options)
    else:
        actual = segmentation.soft_dice(*known, smooth=smooth, **options)
    agrees(actual, function, known)


@given(rng=generators, background=backgrounds)
def test_lo6_generalised_dice(rng, background):
    known = draw(rng)
    function = monai.GeneralizedDiceLoss(background, smooth_nr=0, smooth_dr=0)
    actual = segmentation.generalised_dice(*known, include_background=background)
    agrees(actual, function, known)


@given(rng=generators, background=backgrounds)
def test_lo7_hausdorff(rng, background):
    known = draw(rng)
    function = monai.HausdorffDTLoss(include_background=background)
    actual = segmentation.hausdorff(*known, include_background=background)
    agrees(actual, function, known, SINGLE)
