"""Mistakes in `deep_mixtures.many_images`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "images that only fill a batch up count",
        "batch.shares / batch.shares.sum(), 0.0, [], []",
        "np.full(len(batch.shares), 1 / len(batch.shares)), 0.0, [], []",
        "deep_mixtures.many_images.loss/deepsvg_one_fills_up",
    ),
    Mistake(
        "training may end one epoch too early",
        "settled = epoch > training.min_epochs and",
        "settled = epoch >= training.min_epochs and",
        "deep_mixtures.many_images.ended/too_early_to_settle",
    ),
    Mistake(
        "a tolerance of 0 ends training that stands still",
        "< training.tol",
        "<= training.tol",
        "deep_mixtures.many_images.ended/a_tolerance_of_0_never_stops",
    ),
)
