"""Mistakes in `deep_mixtures.regularizers`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the gradient of a regulariser forgets its strength",
        "gradient + strength * d_term",
        "gradient + d_term",
        "deep_mixtures.regularizers.total/one",
    ),
    Mistake(
        "total variation crosses the border of the mask",
        "pairs = pairs[1:] & pairs[:-1]",
        "pairs = pairs[1:] | pairs[:-1]",
        "deep_mixtures.regularizers.total_variation/weights_with_zeros",
    ),
    Mistake(
        "|·|′(0) is 1",
        "along[:, 1:] += np.sign(steps) / total",
        "along[:, 1:] += np.where(steps == 0, 1, np.sign(steps)) / total",
        "deep_mixtures.regularizers.total_variation/steps",
    ),
    Mistake(
        "the mean prior's gradient lacks its factor",
        "_through_means(2 * offset, proportions",
        "_through_means(offset, proportions",
        "deep_mixtures.regularizers.mean_prior/typical",
    ),
    Mistake(
        "the prior of a batch sees images that only fill it up",
        "shares = batch.shares / batch.shares.sum()",
        "shares = np.full(len(batch.shares), 1 / len(batch.shares))",
        "deep_mixtures.regularizers.mean_prior_of_batch/one_fills_up",
    ),
)
