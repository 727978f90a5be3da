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
        "along[:, 1:] += share * np.sign(steps) / total",
        "along[:, 1:] += share * np.where(steps == 0, 1, np.sign(steps)) / total",
        "deep_mixtures.regularizers.total_variation/steps",
    ),
    Mistake(
        "total variation forgets the third axis",
        "for axis, share in enumerate(shares):",
        "for axis, share in enumerate(shares[:2]):",
        "deep_mixtures.regularizers.total_variation/volume",
    ),
    Mistake(
        "thick slices count more, not less",
        "np.min(spacing) / np.array(spacing)",
        "np.array(spacing) / np.min(spacing)",
        "deep_mixtures.regularizers.total_variation/volume_of_other_spacings",
    ),
    Mistake(
        "the gradient of the total variation forgets the spacing",
        "along[:, :-1] -= share * np.sign(steps) / total",
        "along[:, :-1] -= np.sign(steps) / total",
        "deep_mixtures.one_image.loss_and_gradient/deepsvg_volume",
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
    Mistake(
        "the gradient of the entropy lacks its 1",
        "(np.log(np.where(some, proportions, 1)) + 1)",
        "np.log(np.where(some, proportions, 1))",
        "deep_mixtures.regularizers.entropy/typical",
    ),
    Mistake(
        "the gradient of the entropy is that of the logarithm's floor where a class has no share",
        "np.where(some, -share * (np.log(np.where(some, proportions, 1)) + 1), 0)",
        "-share * (np.log(np.where(some, proportions, 1e-10)) + 1)",
        "deep_mixtures.regularizers.entropy/empty_class",
    ),
    Mistake(
        "the divergence of the volumes is the other way round",
        "(xlogy(volumes, volumes) - xlogy(volumes, mixture.proportions)).sum()",
        "(xlogy(mixture.proportions, mixture.proportions) - xlogy(mixture.proportions, volumes)).sum()",
        "deep_mixtures.regularizers.volumes/typical",
    ),
    Mistake(
        "a class of which none is wanted is not left alone",
        "np.where(volumes > 0, -volumes / mixture.proportions, 0)",
        "-volumes / mixture.proportions",
        "deep_mixtures.regularizers.volumes/none_wanted_of_a_class",
    ),
    Mistake(
        "the hidden Markov coupling counts each pair twice",
        "0.5 * (proportions * gradient).sum(), gradient",
        "(proportions * gradient).sum(), gradient",
        "deep_mixtures.regularizers.hidden_markov/typical",
    ),
    Mistake(
        "the hidden Markov coupling forgets the weight of the neighbour",
        "hmrf.neighbour_sum(mask * proportions)",
        "hmrf.neighbour_sum(proportions)",
        "deep_mixtures.regularizers.hidden_markov/weights_with_zeros",
    ),
)
