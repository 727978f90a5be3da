"""Mistakes in `deep_mixtures.objectives`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the gradient is held where it should go through",
        '{"through": _through, "held": _held}',
        '{"through": _held, "held": _held}',
        "deep_mixtures.one_image.loss_and_gradient/deepsvg_through_diag",
    ),
    Mistake(
        "the gradient goes through where it is held",
        '{"through": _through, "held": _held}',
        '{"through": _through, "held": _through}',
        "deep_mixtures.objectives.nll_v/held",
    ),
    Mistake(
        "the M-step takes the posterior always",
        '{"prior": _prior, "posterior": _posterior}',
        '{"prior": _posterior, "posterior": _posterior}',
        "deep_mixtures.one_image.loss/deepsvg_through_diag",
    ),
    Mistake(
        "deepG's proportions ignore the mask",
        "gaussian.posterior(gaussian.safe_log(mixture.proportions)[:, None], densities)",
        "gaussian.posterior(gaussian.safe_log(proportions.mean(axis=1))[:, None], densities)",
        "deep_mixtures.objectives.nll/diag",
    ),
    Mistake(
        "deepG's gradient forgets the mean proportions",
        "softmax_pullback(d_mean[:, None] * w / w.sum() + through)",
        "softmax_pullback(through)",
        "deep_mixtures.objectives.nll/held",
    ),
    Mistake(
        "deepSVG's gradient at the logits is posterior minus prior",
        "w / w.sum() * (proportions - gamma)",
        "w / w.sum() * (gamma - proportions)",
        "deep_mixtures.objectives.nll_v/held",
    ),
    Mistake(
        "the M-step of the free energy is not damped",
        "family.blend(previous, estimate, damping, model.covariance_type)",
        "estimate",
        "deep_mixtures.objectives.free_energy/diag",
    ),
    Mistake(
        "the free energy forgets the proportions",
        "joint = log_proportions + densities",
        "joint = densities",
        "deep_mixtures.objectives.free_energy_of/diag",
    ),
    Mistake(
        "what says nothing of the class is shared out equally",
        "of_any = np.log(contamination) + log_proportions + logsumexp(joint, axis=0)",
        "of_any = np.log(contamination / len(joint)) + logsumexp(joint, axis=0)",
        "deep_mixtures.objectives.free_energy_of/contaminated",
    ),
    Mistake(
        "the gradient of the free energy forgets the contamination",
        "joint = _log_joint(mixture, densities, model.contamination)",
        "joint = _log_joint(mixture, densities, 0.0)",
        "deep_mixtures.one_image.loss_and_gradient/free_energy_regularized",
    ),
    Mistake(
        "the free energy has no entropy",
        "divergence = xlogy(proportions, proportions) - ",
        "divergence = -",
        "deep_mixtures.objectives.free_energy_of/diag",
    ),
    Mistake(
        "the gradient of the free energy has no entropy",
        "excess = log_softmax(_columns(logits), axis=0) - ",
        "excess = -",
        "deep_mixtures.objectives.free_energy/full",
    ),
)
